using System.Net.Http.Json;
using Microsoft.Data.Sqlite;
using OllamaProxy.Prompts;
using OllamaProxy.Storage.Sqlite;
using OllamaProxy.Storage.Sqlite.Engine;
using OllamaProxy.Tests.Storage;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Server.Commands;

/// <summary>The command <c>backup</c>.</summary>
public sealed class BackupCommandTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private string Database => _folder.File("queue.db");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_was_acknowledged_before_is_in_the_backup_also_while_a_server_goes_on_to_write()
    {
        await FillAsync(30);
        using var server = new ServerProcess(_folder, "--urls http://127.0.0.1:0", ("OLLAMA_PROXY_WORKER", "false"));
        using var client = await server.ClientAsync();
        for (var number = 0; number < 10; number++)
            await SubmitAsync(client);
        using var enough = new CancellationTokenSource();
        var others = SubmitUntilAsync(client, enough.Token);

        var (exitCode, output) = await CommandCall.RunAsync(_folder, "backup backup.db");

        await enough.CancelAsync();
        var more = await others;
        Assert.Equal(0, exitCode);
        Assert.Contains($"{_folder.File("backup.db")} is a good backup of {Database}: ", output, StringComparison.Ordinal);
        var held = Count(_folder.File("backup.db"));
        Assert.InRange(held, 40, 40 + more);
        StorageRig.AssertSound(_folder.File("backup.db"), (int)held);
        StorageRig.AssertSound(Database, 40 + more);
        Assert.DoesNotContain(Directory.GetFiles(_folder.Path), file => file.EndsWith(".partial", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_server_starts_on_a_backup_and_has_what_was_in_the_database()
    {
        await FillAsync(3);
        await CommandCall.RunAsync(_folder, "backup backup.db");
        using var server = new ServerProcess(_folder, "--urls http://127.0.0.1:0", ("OLLAMA_PROXY_DB", _folder.File("backup.db")));
        using var client = await server.ClientAsync();
        Assert.Contains("\"total\":3", await client.GetStringAsync("/api/v1/prompts"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_server_it_leaves_the_database_as_it_is_and_nothing_beside_it()
    {
        await FillAsync(1);
        var before = await File.ReadAllBytesAsync(Database);
        Assert.Equal(0, (await CommandCall.RunAsync(_folder, "backup backup.db")).ExitCode);
        Assert.Equal(before, await File.ReadAllBytesAsync(Database));
        Assert.Equal(["backup.db", "queue.db"], Directory.GetFiles(_folder.Path).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task A_file_that_is_there_is_only_replaced_if_that_is_asked_for()
    {
        await FillAsync(1);
        await File.WriteAllTextAsync(_folder.File("backup.db"), "precious");

        var (exitCode, output) = await CommandCall.RunAsync(_folder, "backup backup.db");

        Assert.Equal(1, exitCode);
        Assert.Contains("backup.db already. Name another one, or add --force", output, StringComparison.Ordinal);
        Assert.Equal("precious", await File.ReadAllTextAsync(_folder.File("backup.db")));
        Assert.Equal(0, (await CommandCall.RunAsync(_folder, "backup backup.db --force")).ExitCode);
        Assert.Equal(1, Count(_folder.File("backup.db")));
    }

    [Theory]
    [InlineData("queue.db")]
    [InlineData("queue.db-wal")]
    [InlineData("link.db")]
    public async Task The_database_is_never_replaced_by_its_own_backup(string target)
    {
        await FillAsync(1);
        File.CreateSymbolicLink(_folder.File("link.db"), Database);
        var (exitCode, output) = await CommandCall.RunAsync(_folder, $"backup {target} --force");
        Assert.Equal(1, exitCode);
        Assert.EndsWith("is the database itself. Name another file.", output, StringComparison.Ordinal);
        Assert.Equal(1, Count(Database));
    }

    [Theory]
    [InlineData("backup .", "is a folder. Name a file to be written.")]
    [InlineData("backup nowhere/backup.db", "backup.db cannot be written: ")]
    public async Task Where_no_file_can_be_written_that_is_said(string arguments, string message)
    {
        await FillAsync(1);
        var (exitCode, output) = await CommandCall.RunAsync(_folder, arguments);
        Assert.Equal(1, exitCode);
        Assert.Contains(message, output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
        Assert.Equal(["queue.db"], Directory.GetFiles(_folder.Path).Select(Path.GetFileName));
    }

    [Fact]
    public async Task A_damaged_database_gives_no_backup_and_an_earlier_one_is_kept()
    {
        await FillAsync(30);
        await File.WriteAllTextAsync(_folder.File("backup.db"), "the last good one");
        var bytes = await File.ReadAllBytesAsync(Database);
        bytes.AsSpan(bytes.Length / 4, bytes.Length / 2).Fill(0xff);
        await File.WriteAllBytesAsync(Database, bytes);

        var (exitCode, output) = await CommandCall.RunAsync(_folder, "backup backup.db --force");

        Assert.Equal(1, exitCode);
        Assert.Contains("is damaged", output, StringComparison.Ordinal);
        Assert.Equal("the last good one", await File.ReadAllTextAsync(_folder.File("backup.db")));
        Assert.DoesNotContain(Directory.GetFiles(_folder.Path), file => file.EndsWith(".partial", StringComparison.Ordinal));
    }

    [Fact]
    public async Task With_PostgreSQL_it_names_the_tool_for_that()
    {
        var (exitCode, output) = await CommandCall.RunAsync(_folder, "backup backup.db", ("OLLAMA_PROXY_STORE", "postgres"));
        Assert.Equal(1, exitCode);
        Assert.Contains("pg_dump", output, StringComparison.Ordinal);
    }

    [LinuxFact]
    public async Task Nobody_may_read_a_backup_who_may_not_read_the_database()
    {
        const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        if (OperatingSystem.IsWindows())
            return;
        await FillAsync(1);
        File.SetUnixFileMode(Database, Owner);
        await CommandCall.RunAsync(_folder, "backup backup.db");
        Assert.Equal(Owner, File.GetUnixFileMode(_folder.File("backup.db")));
    }

    [Fact]
    public async Task A_backup_that_is_broken_off_leaves_nothing()
    {
        await FillAsync(1);
        using var stop = new CancellationTokenSource();
        await stop.CancelAsync();
        Assert.Throws<OperationCanceledException>(() => SqliteBackup.Run(Database, _folder.File("backup.db"), false, stop.Token));
        Assert.Equal(["queue.db"], Directory.GetFiles(_folder.Path).Select(Path.GetFileName));
    }

    /// <summary>Makes the database, with prompts of a megabyte each: a backup takes several steps.</summary>
    private async Task FillAsync(int prompts)
    {
        await using var store = StorageRig.OpenStore(Database);
        for (var number = 0; number < prompts; number++)
            await StorageRig.AddAsync(store, StorageRig.LargeText);
    }

    private static async Task<int> SubmitUntilAsync(HttpClient client, CancellationToken cancellationToken)
    {
        var submitted = 0;
        for (; !cancellationToken.IsCancellationRequested; submitted++)
            await SubmitAsync(client);
        return submitted;
    }

    private static async Task SubmitAsync(HttpClient client)
    {
        using var answer = await client.PostAsJsonAsync("/api/v1/prompt", new { prompt = "hello" });
        answer.EnsureSuccessStatusCode();
    }

    private static long Count(string path)
    {
        using var connection = StorageRig.Open(path);
        return connection.Number("SELECT count(*) FROM prompts");
    }
}
