using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using OllamaProxy.Server.Doctor;
using OllamaProxy.Simulator;
using OllamaProxy.Storage.Sqlite.Engine;
using OllamaProxy.Tests.Storage;
using OllamaProxy.Tests.Support;
using OllamaProxy.Tests.Support.Backends;

namespace OllamaProxy.Tests.Server.Commands;

/// <summary>The command <c>doctor</c>.</summary>
public sealed class DoctorCommandTests : IAsyncLifetime
{
    private const string AnyPort = "--urls http://127.0.0.1:0";

    private readonly StoreHome _home = StoreHome.Chosen();
    private OllamaSimulator _ollama = null!;

    public async Task InitializeAsync() => _ollama = await OllamaSimulator.StartAsync();

    public async Task DisposeAsync()
    {
        await _ollama.DisposeAsync();
        await _home.DisposeAsync();
    }

    [Fact]
    public async Task Where_all_is_well_each_line_says_so_and_nothing_is_changed()
    {
        await _home.CloseAsync(await _home.OpenAsync(TimeProvider.System));
        var before = Contents();

        var (exitCode, lines) = await RunAsync(AnyPort);

        Assert.Equal(0, exitCode);
        Assert.All(lines, line => Assert.StartsWith("OK     ", line, StringComparison.Ordinal));
        Assert.Contains(lines, line => line.Contains("Settings: ", StringComparison.Ordinal)
            && line.Contains("OLLAMA_URL", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.Contains($"The database {_home.Name} ", StringComparison.Ordinal)
            && line.Contains(" is of this program's version, ", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.Contains($"Ollama at {_ollama.BaseAddress} answers: version ", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.Contains("The model llama3.2, ", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.Contains("any port that is free", StringComparison.Ordinal));
        Assert.Equal(before, Contents());
    }

    [Fact]
    public async Task While_a_server_runs_it_says_that_the_port_is_the_servers_and_all_is_well()
    {
        using var server = await ServerProcess.StartAsync(_home, AnyPort, ("OLLAMA_URL", _ollama.BaseAddress.ToString()));
        using var client = await server.ClientAsync();
        var address = client.BaseAddress!.GetLeftPart(UriPartial.Authority);

        var (exitCode, lines) = await RunAsync($"--urls {address}");

        Assert.Equal(0, exitCode);
        Assert.Contains($"OK     {address} is taken by a program that answers /healthz, as an Ollama Proxy that runs does.", lines);
        await client.GetStringAsync("/api/v1/stats");
    }

    [SqliteFact]
    public async Task A_database_that_is_not_there_yet_is_well_and_is_not_made()
    {
        var path = _home.Folder.File("some/where/queue.db");
        var (exitCode, lines) = await RunAsync(AnyPort, ("OLLAMA_PROXY_DB", path));
        Assert.Equal(0, exitCode);
        Assert.Contains($"OK     The database {path} is not there yet; the first start makes it.", lines);
        Assert.Empty(Contents());
    }

    [SqliteFact]
    public async Task A_database_of_an_older_version_is_to_be_backed_up_first()
    {
        await _home.CloseAsync(await _home.OpenAsync(TimeProvider.System));
        using (var connection = StorageRig.Open(_home.Folder.File("queue.db")))
            connection.Execute("PRAGMA user_version = 3");
        var (exitCode, lines) = await RunAsync(AnyPort);
        Assert.Equal(0, exitCode);
        Assert.Contains(lines, line => line.Contains("is of version 3; the next start migrates it to ", StringComparison.Ordinal)
            && line.EndsWith("back it up first.", StringComparison.Ordinal));
    }

    [SqliteTheory]
    [InlineData("PRAGMA user_version = 999", "is of version 999, written by a newer Ollama Proxy")]
    [InlineData("PRAGMA user_version = 0", "belongs to another program. Set OLLAMA_PROXY_DB")]
    [InlineData("PRAGMA user_version = 1000000", "holds an unfinished copy.")]
    public async Task A_database_that_no_server_would_start_on_is_wrong(string sql, string message)
    {
        await _home.CloseAsync(await _home.OpenAsync(TimeProvider.System));
        using (var connection = StorageRig.Open(_home.Folder.File("queue.db")))
            connection.Execute(sql);
        await AssertWrongAsync(AnyPort, message);
    }

    [SqliteTheory]
    [InlineData("other.txt", "is no SQLite database.")]
    [InlineData(".", "it is a folder. Set OLLAMA_PROXY_DB to a file.")]
    [InlineData("other.txt/queue.db", "other.txt is no folder. Correct that, or set OLLAMA_PROXY_DB to another file.")]
    public async Task A_path_that_cannot_be_a_database_is_wrong(string path, string message)
    {
        await File.WriteAllTextAsync(_home.Folder.File("other.txt"), new string('x', 5000));
        await AssertWrongAsync(AnyPort, message, ("OLLAMA_PROXY_DB", _home.Folder.File(path)));
    }

    [Fact]
    public async Task An_Ollama_that_does_not_answer_is_wrong_and_the_others_are_told_of()
    {
        await using var away = await OllamaSimulator.StartAsync();
        await away.RefuseAsync();
        await AssertWrongAsync(AnyPort, "Start it with `ollama serve`, or correct OLLAMA_URL.",
            ("OLLAMA_URL", $"{_ollama.BaseAddress},http://me:s3cret@{away.BaseAddress.Authority}"));
    }

    [Fact]
    public async Task A_server_that_is_no_Ollama_is_wrong()
    {
        await using var foreign = await RawOllama.AnswerAllAsync(context => context.Response.WriteAsync("<html>"));
        await AssertWrongAsync(AnyPort, $"Ollama at {foreign.Url}/ cannot be used: The answer is not one of Ollama's",
            ("OLLAMA_URL", $"{_ollama.BaseAddress},{foreign.Url}"));
    }

    [Theory]
    [InlineData("--OLLAMA_MODEL nosuch", "lists the model nosuch")]
    [InlineData("--OLLAMA_RETENTION_DAYS=7", "is not known.", 2)]
    [InlineData("--OLLAMA_CONCURRENCY many", "The setting OLLAMA_CONCURRENCY must be a whole number")]
    [InlineData("--urls http://localhost:80a", "its port must be a number from 0 to 65535")]
    [InlineData("--urls http://192.0.2.1:8000", "Does this machine have that address?")]
    public async Task What_is_wrong_on_the_command_line_is_told_of(string arguments, string message, int code = 1)
    {
        var urls = arguments.Contains("--urls", StringComparison.Ordinal) ? "" : AnyPort;
        var (exitCode, lines) = await RunAsync($"{urls} {arguments}");
        Assert.Equal(code, exitCode);
        Assert.Single(lines, line => line.Contains(message, StringComparison.Ordinal) && !line.StartsWith("OK", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_misspelt_setting_is_wrong() =>
        await AssertWrongAsync(AnyPort, "Did you mean OLLAMA_PROXY_RETENTION_DAYS?", ("OLLAMA_PROXY_RETENTON_DAYS", "7"));

    [Fact]
    public async Task A_port_that_another_program_has_is_wrong()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var answering = Task.Run(async () =>
        {
            using var client = await taken.AcceptTcpClientAsync();
            await client.GetStream().WriteAsync("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"u8.ToArray());
        });
        await AssertWrongAsync($"--urls http://{taken.LocalEndpoint}", "is taken by another program, which is no Ollama Proxy.");
        await answering;
    }

    [Fact]
    public void A_disk_that_is_nearly_full_is_wrong()
    {
        Assert.Equal(Finding.Good("The disk of /data has 20.0 GB free."), StoreCheck.OfSpace("/data", 20_000_000_000));
        var wrong = StoreCheck.OfSpace("/data", 100_000_000);
        Assert.False(wrong.IsGood);
        Assert.Contains("only 0.1 GB free. Free some, ", wrong.Text, StringComparison.Ordinal);
    }

    private async Task AssertWrongAsync(string arguments, string message, params (string Name, string Value)[] settings)
    {
        var before = Contents();
        var (exitCode, lines) = await RunAsync(arguments, settings);
        Assert.Equal(1, exitCode);
        var wrong = Assert.Single(lines, line => !line.StartsWith("OK     ", StringComparison.Ordinal));
        Assert.StartsWith("WRONG  ", wrong, StringComparison.Ordinal);
        Assert.Contains(message, wrong, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", string.Concat(lines), StringComparison.Ordinal);
        Assert.Equal(before, Contents());
    }

    private async Task<(int ExitCode, string[] Lines)> RunAsync(string arguments, params (string Name, string Value)[] settings)
    {
        var (exitCode, output) = await CommandCall.RunAsync(_home.Folder, $"doctor {arguments}",
            [("OLLAMA_URL", _ollama.BaseAddress.ToString()), .. await _home.SettingsAsync(), .. settings]);
        return (exitCode, output.Split(Environment.NewLine));
    }

    /// <summary>The files of the folder with what is in them.</summary>
    private Dictionary<string, string> Contents() =>
        Directory.GetFiles(_home.Folder.Path, "*", SearchOption.AllDirectories)
            .ToDictionary(file => file, file => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file))));
}
