using OllamaProxy.Configuration;
using OllamaProxy.Server;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Server;

public sealed class CommandLineTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("")]
    [InlineData("--simulate")]
    [InlineData("--SIMULATE")]
    [InlineData("-- --simulate")]
    [InlineData("--OLLAMA_MODEL tiny")]
    [InlineData("--OLLAMA_MODEL=tiny")]
    [InlineData("--ollama_model tiny")]
    [InlineData("/OLLAMA_MODEL tiny")]
    [InlineData("/OLLAMA_MODEL=tiny")]
    [InlineData("OLLAMA_MODEL=tiny")]
    [InlineData("--OLLAMA_KEEP_ALIVE -1")]
    [InlineData("--OLLAMA_PROXY_DB /tmp/queue.db --simulate")]
    [InlineData("--OLLAMA_PROXY_DB=")]
    [InlineData("--urls http://127.0.0.1:8000 --environment Development")]
    [InlineData("--Logging:LogLevel:Default Debug")]
    [InlineData("--Logging:Console:FormatterName=json")]
    [InlineData("--Kestrel:Limits:MaxConcurrentConnections 7")]
    [InlineData("--HTTP_PROXY http://proxy:3128")]
    public void What_is_known_is_taken(string line)
    {
        var args = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var commandLine = CommandLine.Parse(args);
        Assert.Empty(commandLine.Mistakes);
        Assert.Equal(line.Contains("simulate", StringComparison.OrdinalIgnoreCase), commandLine.Simulate);
        Assert.Equal(args.Where(arg => arg.ToUpperInvariant() is not "--" and not "--SIMULATE"), commandLine.Settings);
    }

    [Theory]
    [InlineData("--hlep", "--hlep", "--help")]
    [InlineData("--simulated", "--simulated", "--simulate")]
    [InlineData("-simulate", "-simulate", "--simulate")]
    [InlineData("simulate", "simulate", "--simulate")]
    [InlineData("--url http://127.0.0.1:8000", "--url", "--urls")]
    [InlineData("--OLLAMA_MODLE tiny", "--OLLAMA_MODLE", "--OLLAMA_MODEL")]
    [InlineData("--OLLAMA_MODLE=tiny", "--OLLAMA_MODLE", "--OLLAMA_MODEL")]
    [InlineData("/OLLAMA_CONCURENCY 2", "/OLLAMA_CONCURENCY", "--OLLAMA_CONCURRENCY")]
    [InlineData("OLLAMA_DB=x", "OLLAMA_DB", "--OLLAMA_PROXY_DB")]
    [InlineData("--OLLAMA_HOST localhost", "--OLLAMA_HOST", null)]
    [InlineData("--model tiny", "--model", "--OLLAMA_MODEL")]
    [InlineData("--db queue.db", "--db", "--OLLAMA_PROXY_DB")]
    [InlineData("--port 8001", "--port", "--urls")]
    [InlineData("--host 0.0.0.0", "--host", "--urls")]
    [InlineData("docter", "docter", "doctor")]
    [InlineData("Backup queue.db", "Backup", "backup")]
    [InlineData("--doctor", "--doctor", "doctor")]
    [InlineData("--Logging__LogLevel__Default Debug", "--Logging__LogLevel__Default", "--Logging:LogLevel:Default")]
    [InlineData("--nonsense", "--nonsense", null)]
    [InlineData("-p 8000", "-p", null)]
    [InlineData("serve", "serve", null)]
    [InlineData("OLLAMA_MODEL", "OLLAMA_MODEL", null)]
    [InlineData("--simulate true", "true", null)]
    public void What_is_unknown_is_named_with_what_may_be_meant(string line, string named, string? meant)
    {
        var mistake = CommandLine.Parse(line.Split(' ')).Mistakes[0];
        Assert.StartsWith($"{named} is not known.", mistake, StringComparison.Ordinal);
        if (meant is not null)
            Assert.Contains($"Did you mean {meant}?", mistake, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--urls", "--urls needs a value.")]
    [InlineData("--OLLAMA_MODEL --simulate", "--OLLAMA_MODEL needs a value.")]
    [InlineData("--simulate=yes", "--simulate takes no value.")]
    [InlineData("--help=me", "--help takes no value.")]
    public void A_value_that_is_missing_or_too_much_is_told_of(string line, string mistake) =>
        Assert.Equal([mistake], CommandLine.Parse(line.Split(' ')).Mistakes);

    [Fact]
    public void A_command_that_does_not_come_first_is_told_to() =>
        Assert.Equal(["The command doctor must come first."], CommandLine.Parse(["--OLLAMA_MODEL", "tiny", "doctor"]).Mistakes);

    [Fact]
    public void All_mistakes_are_named() => Assert.Equal(3, CommandLine.Parse(["--one", "1", "--two=2", "three"]).Mistakes.Count);

    [Theory]
    [InlineData("--help")]
    [InlineData("-h")]
    [InlineData("-?")]
    [InlineData("/?")]
    [InlineData("--HELP --nonsense")]
    public async Task Help_prints_every_setting_and_ends(string arguments)
    {
        using var server = new ServerProcess(_folder, arguments);
        Assert.Equal(0, await server.ExitCodeAsync());
        Assert.All(KnownSettings.All, setting => Assert.Contains(setting.Name, server.Output, StringComparison.Ordinal));
        Assert.Empty(Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void The_help_has_what_the_settings_are_in_one_column()
    {
        var lines = CommandLine.HelpText.Split('\n').Where(line => line.StartsWith("  OLLAMA_", StringComparison.Ordinal)).ToList();
        var columns = KnownSettings.All.Zip(lines, (setting, line) => line.IndexOf(setting.Meaning, StringComparison.Ordinal));
        var at = Assert.Single(columns.Distinct());
        Assert.All(lines, line => Assert.Equal(' ', line[at - 1]));
    }

    [Fact]
    public async Task Version_prints_one_line_and_ends()
    {
        using var server = new ServerProcess(_folder, "--version");
        Assert.Equal(0, await server.ExitCodeAsync());
        Assert.Matches(@"^Ollama Proxy \d+\.\d+\.\d+$", server.Output.Trim());
    }

    [Fact]
    public async Task An_unknown_switch_ends_it_with_2_and_one_line()
    {
        using var server = new ServerProcess(_folder, "--simulate --prot 8000");
        Assert.Equal(2, await server.ExitCodeAsync());
        Assert.Equal("--prot is not known. --help lists the options.", server.Output.Trim());
    }

    [Theory]
    [InlineData("localhost:8000")]
    [InlineData("8000")]
    [InlineData(":8000")]
    [InlineData("http:/localhost:8000")]
    [InlineData("ftp://localhost:8000")]
    [InlineData("https://localhost:8000")]
    [InlineData("http://localhost:99999")]
    [InlineData("http://localhost:-1")]
    [InlineData("http://localhost:80a")]
    [InlineData("http://127.0.0.1:8000x")]
    [InlineData("http://127.0.0.1:")]
    [InlineData("http://:8000")]
    [InlineData("http://")]
    [InlineData("http://localhost:0")]
    [InlineData("http://127.0.0.1:8000/api")]
    [InlineData("http://127.0.0.1:8000?x")]
    [InlineData("http://user@127.0.0.1:8000")]
    [InlineData("http://1:2:3:8000")]
    [InlineData("http://127.0.0.1:8000;localhost:8001")]
    [InlineData("http://127.0.0.1:8000,http://127.0.0.1:8001")]
    public void A_bad_address_to_listen_on_is_named_in_one_line(string urls)
    {
        var refused = Assert.Throws<InvalidSettingException>(() => ServerApplication.Create(["--urls", urls]));
        Assert.Contains($"'{urls.Split(';')[^1]}'", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
    }

    [Theory]
    [InlineData("http://127.0.0.1:0")]
    [InlineData("HTTP://127.0.0.1:0/")]
    [InlineData("http://[::1]:8000")]
    [InlineData("http://*:8000")]
    [InlineData("http://+:8000")]
    [InlineData("http://localhost")]
    [InlineData("http://localhost:8000; http://127.0.0.1:8001")]
    [InlineData("http://unix:/tmp/ollama-proxy.sock")]
    [InlineData("")]
    public async Task An_address_that_Kestrel_takes_is_taken(string urls)
    {
        await using var app = ServerApplication.Create([$"--urls={urls}"]);
        Assert.NotEmpty(app.Configuration["urls"]!);
    }

    [Fact]
    public void All_bad_settings_are_named_the_hosts_and_the_applications()
    {
        string[] names =
        [
            "urls", "Logging:Console:FormatterName", "Logging:Console:LogLevel:Default", "Logging:LogLevel:Default", "OLLAMA_CONCURRENCY",
            "OLLAMA_TIMEOUT",
        ];
        var refused = Assert.Throws<InvalidSettingException>(() => ServerApplication.Create([.. names.Select(name => $"--{name}=bad")]));
        var lines = refused.Message.Split('\n').Order(StringComparer.Ordinal).ToList();
        Assert.Equal(names.Length, lines.Count);
        foreach (var (line, name) in lines.Zip(names))
            Assert.Contains(name, line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://192.0.2.1:8000")]
    [InlineData("http://unix:/nosuch/folder/ollama-proxy.sock")]
    public async Task An_address_that_cannot_be_bound_is_named_without_a_stack_trace(string urls)
    {
        using var server = new ServerProcess(_folder, $"--urls {urls}");
        Assert.Equal(1, await server.ExitCodeAsync());
        Assert.Contains($"The server cannot listen on {urls}: ", server.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", server.Output, StringComparison.Ordinal);
    }
}
