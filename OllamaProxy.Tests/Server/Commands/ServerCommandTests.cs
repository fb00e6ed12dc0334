using OllamaProxy.Server;
using OllamaProxy.Server.Commands;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Server.Commands;

/// <summary>What the commands have in common.</summary>
public sealed class ServerCommandTests : IDisposable
{
    private const string Program = "OllamaProxy.Server";

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("backup", "backup needs PATH. OllamaProxy.Server backup --help tells how to call it.")]
    [InlineData("backup a b", "backup has an argument too many. OllamaProxy.Server backup --help tells how to call it.")]
    [InlineData("backup a --froce",
        "--froce is not known. Did you mean --force? OllamaProxy.Server backup --help tells how to call it.")]
    [InlineData("backup --froce",
        "--froce is not known. Did you mean --force? OllamaProxy.Server backup --help tells how to call it.")]
    [InlineData("backup --froce a",
        "--froce is not known. Did you mean --force? OllamaProxy.Server backup --help tells how to call it.")]
    [InlineData("keys", "keys needs to be told what to do: new. OllamaProxy.Server keys --help tells how to call it.")]
    [InlineData("keys nwe alice", "keys needs to be told what to do: new. OllamaProxy.Server keys --help tells how to call it.")]
    [InlineData("keys new", "keys new needs NAME. OllamaProxy.Server keys new --help tells how to call it.")]
    [InlineData("keys new --admin ops", "--admin is not known. OllamaProxy.Server keys new --help tells how to call it.")]
    [InlineData("keys new a:b",
        "NAME must have up to 64 letters, digits and the characters . _ @ - and nothing else. "
        + "OllamaProxy.Server keys new --help tells how to call it.")]
    [InlineData("doctor --prot 8000", "--prot is not known. OllamaProxy.Server doctor --help tells how to call it.")]
    [InlineData("doctor --simulate", "doctor takes no switches, only settings. OllamaProxy.Server doctor --help tells how to call it.")]
    [InlineData("copy --too sqlite:b",
        "--too is not known. Did you mean --to? OllamaProxy.Server copy --help tells how to call it.")]
    [InlineData("copy a b", "copy has an argument too many. OllamaProxy.Server copy --help tells how to call it.")]
    [InlineData("copy --from sqlite:a --to", "--to needs a value. OllamaProxy.Server copy --help tells how to call it.")]
    [InlineData("copy --from=sqlite:a",
        "copy needs --to sqlite:PATH or --to postgres:CONNECTION. OllamaProxy.Server copy --help tells how to call it.")]
    [InlineData("copy --from sqlite:a --from sqlite:b",
        "Option '--from' expects a single argument but 2 were provided. OllamaProxy.Server copy --help tells how to call it.")]
    [InlineData("copy --from --to sqlite:a",
        "copy has an argument too many. OllamaProxy.Server copy --help tells how to call it.")]
    public async Task A_mistake_is_told_of_in_a_line_with_what_to_do_and_ends_it_with_2(string arguments, params string[] lines)
    {
        var (exitCode, output) = await CommandCall.RunAsync(_folder, arguments);
        Assert.Equal(2, exitCode);
        Assert.Equal(string.Join(Environment.NewLine, lines), output);
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Theory]
    [InlineData("doctor --help", "doctor [<SETTINGS>...]")]
    [InlineData("backup --help", "backup <PATH>")]
    [InlineData("keys --help", "keys [command]")]
    [InlineData("keys new -h", "keys new <NAME>")]
    [InlineData("copy --help", "copy")]
    public async Task Each_has_a_help_of_its_own(string arguments, string usage)
    {
        var (exitCode, output) = await CommandCall.RunAsync(_folder, arguments);
        Assert.Equal(0, exitCode);
        Assert.Contains($"{Program} {usage} [options]", output, StringComparison.Ordinal);
        Assert.DoesNotContain("dditional arguments", output, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void The_help_of_the_program_names_each() =>
        Assert.All(ServerCommands.All, command => Assert.Contains($"\n  {command.Name} ", CommandLine.HelpText, StringComparison.Ordinal));

    [Fact]
    public async Task The_name_of_a_command_can_be_the_value_of_a_setting()
    {
        Assert.False(ServerCommands.IsCalled(["--OLLAMA_MODEL", "doctor"]));
        await using var app = ServerApplication.Create(["--OLLAMA_MODEL", "doctor", $"--OLLAMA_PROXY_DB={_folder.File("queue.db")}"]);
    }

    [Fact]
    public async Task A_value_that_begins_as_a_file_of_arguments_does_is_a_value()
    {
        var (exitCode, output) = await CommandCall.RunAsync(_folder, "backup @arguments");
        Assert.Equal(1, exitCode);
        Assert.StartsWith("There is no database ", output, StringComparison.Ordinal);
    }
}
