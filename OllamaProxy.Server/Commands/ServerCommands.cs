using System.CommandLine;
using System.CommandLine.Help;
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

    /// <summary>How long a command that is told to end may take to clean up.</summary>
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Not a RootCommand: that would take <c>.Server</c> for the ending of the program's name.</summary>
    private static readonly Command Root = new("OllamaProxy.Server")
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
        if (call.Errors.Count > 0)
            return await RefuseAsync(call.CommandResult.Command, MistakesOf(call));
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
    private static IReadOnlyList<string> MistakesOf(ParseResult call)
    {
        var (command, surplus) = (call.CommandResult.Command, call.UnmatchedTokens);
        if (command.Subcommands.Count > 0)
            return [$"{command.Name} needs to be told what to do: {string.Join(", ", command.Subcommands.Select(each => each.Name))}."];
        return [.. surplus.Count == 0 ? call.Errors.Select(error => error.Message) : surplus.Select(token =>
            token.StartsWith('-') ? $"{token.Split('=')[0]} is not known." : $"{command.Name} has an argument too many.")];
    }

    private static IEnumerable<string> NamesOf(Command command) =>
        command.Parents.OfType<Command>().SelectMany(NamesOf).Append(command.Name);
}
