using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using OllamaProxy.Configuration;
using OllamaProxy.Storage;

namespace OllamaProxy.Server.Commands;

/// <summary>What the program does instead of serving, where its first argument names it.</summary>
public static class ServerCommands
{
    /// <summary>Something is wrong, or could not be done.</summary>
    public const int Failed = 1;

    /// <summary>The arguments cannot be understood.</summary>
    public const int Misused = 2;

    /// <summary>Of the .NET tool, as in the project file.</summary>
    private const string ToolName = "ollama-proxy";

    /// <summary>How long a command that is told to end may take to clean up.</summary>
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(10);

    /// <summary>The program as people call it, which have it as a .NET tool or not.</summary>
    public static readonly string ProgramName =
        Path.GetFileNameWithoutExtension(Environment.ProcessPath) == ToolName ? ToolName : "OllamaProxy.Server";

    /// <summary>Not a RootCommand: that would take <c>.Server</c> for the ending of the program's name.</summary>
    private static readonly Command Root = new(ProgramName)
    {
        DoctorCommand.Create(), BackupCommand.Create(), KeysCommand.Create(), CopyCommand.Create(), new HelpOption(),
    };

    /// <summary>The commands.</summary>
    public static IEnumerable<Command> All => Root.Subcommands;

    /// <summary>Whether the arguments call a command. A setting may come first, and have the name of a command as its value.</summary>
    public static bool IsCalled(IReadOnlyList<string> args) =>
        // Without need, a server that starts does not load the library for this.
        args.Count > 0 && args[0] is not ['-', ..] && All.Any(command => command.Name == args[0]);

    /// <summary>Runs the command.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<string> args)
    {
        // A value that begins with @ is no name of a file with arguments.
        var call = Root.Parse(args, new() { ResponseFileTokenReplacer = null });
        if (MistakesOf(call) is { Length: > 0 } mistakes)
            return await RefuseAsync(call.CommandResult.Command, mistakes);
        try
        {
            return await call.InvokeAsync(new() { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = StopTimeout });
        }
        catch (Exception exception) when (exception is InvalidSettingException or StoreException)
        {
            // A user can correct it: the message suffices, without a stack trace.
            await Console.Error.WriteLineAsync(exception.Message);
            return Failed;
        }
    }

    /// <summary>Writes a line for each mistake, and where to read how it is done.</summary>
    /// <returns>The exit code.</returns>
    internal static async Task<int> RefuseAsync(Command command, IReadOnlyList<string> mistakes)
    {
        foreach (var mistake in mistakes)
            await Console.Error.WriteLineAsync($"{mistake} {string.Join(' ', NamesOf(command))} --help tells how to call it.");
        return Misused;
    }

    /// <summary>What is wrong with the arguments. Values are not quoted, since they may hold a password.</summary>
    private static string[] MistakesOf(ParseResult call)
    {
        var (command, surplus) = (call.CommandResult.Command, call.UnmatchedTokens);
        var name = string.Join(' ', NamesOf(command).Skip(1));
        var unknown = surplus.Concat(TakenForValues(call)).Where(token => token.StartsWith('-')).ToList();
        if (call.Errors.Count == 0 && unknown.Count == 0)
            return [];
        if (command.Subcommands.Count > 0)
            return [$"{name} needs to be told what to do: {string.Join(", ", command.Subcommands.Select(each => each.Name))}."];
        if (unknown.Count > 0)
            return [.. unknown.Select(token => Unknown(command, token.Split('=')[0]))];
        if (surplus.Count > 0)
            return [$"{name} has an argument too many."];
        string[] missing =
        [
            .. command.Arguments.Where(argument => IsEmpty(call.GetResult(argument))).Select(argument => $"{name} needs {argument.Name}."),
            .. command.Options.Where(option => IsEmpty(call.GetResult(option))).Select(option => $"{option.Name} needs a value."),
        ];
        return missing.Length > 0 ? missing : [.. call.Errors.Select(error => error.Message)];

        static bool IsEmpty(SymbolResult? result) => result is { Tokens.Count: 0 } && result.Errors.Any();
    }

    /// <summary>What looks like an option, and was taken for the value of an argument, of which only settings look like that.</summary>
    private static IEnumerable<string> TakenForValues(ParseResult call) => call.CommandResult.Command.Arguments
        .Where(argument => argument.Arity.MaximumNumberOfValues == 1)
        .SelectMany(argument => call.GetResult(argument)?.Tokens ?? []).Select(token => token.Value);

    private static string Unknown(Command command, string option)
    {
        var meant = Spelling.Nearest(option, command.Options.Select(each => each.Name));
        return $"{option} is not known.{(meant is null ? "" : $" Did you mean {meant}?")}";
    }

    private static IEnumerable<string> NamesOf(Command command) =>
        command.Parents.OfType<Command>().SelectMany(NamesOf).Append(command.Name);
}
