using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using OllamaProxy.Configuration;
using OllamaProxy.Storage.Copying;

namespace OllamaProxy.Server.Commands;

/// <summary>
/// The command <c>copy</c>, which copies all prompts from one database to another. What people read of its progress goes to the standard
/// error, and the table of its outcome to the standard output.
/// </summary>
public static class CopyCommand
{
    private const string Address = "ADDRESS";

    /// <summary>Makes the command.</summary>
    internal static Command Create()
    {
        var from = new Option<string>("--from") { Description = "What is copied: required.", HelpName = Address };
        var to = new Option<string>("--to")
        {
            Description = "Where to: an empty database, or one that holds a part of the copy. Required.",
            HelpName = Address,
        };
        var command = new Command("copy",
            "Copy all prompts into an empty database, and compare both. It goes on where it was broken off. No server may work on either "
            + "meanwhile. An ADDRESS is sqlite:PATH or postgres:CONNECTION; with nothing behind the colon, that of the setting "
            + "OLLAMA_PROXY_DB or OLLAMA_PROXY_POSTGRES.")
        {
            from, to,
        };
        command.SetAction((call, cancellationToken) => RunAsync(command, call.GetValue(from), call.GetValue(to), cancellationToken));
        return command;
    }

    /// <summary>Reads the addresses.</summary>
    /// <param name="from">What is copied; null: that was not said.</param>
    /// <param name="to">Where to; null: that was not said.</param>
    /// <param name="settings">The settings, for addresses that leave them to those.</param>
    /// <exception cref="InvalidSettingException">They are wrong. No mistake quotes a value, since it may hold a password.</exception>
    public static (CopyAddress From, CopyAddress To) Read(string? from, string? to, IConfiguration settings)
    {
        var mistakes = new List<string>();
        var (source, copy) = (Parse("--from", from), Parse("--to", to));
        return mistakes.Count == 0 ? (source!, copy!) : throw new InvalidSettingException(mistakes);

        CopyAddress? Parse(string name, string? text)
        {
            try
            {
                if (text is not null)
                    return CopyAddress.Parse(text, settings);
                mistakes.Add($"copy needs {name} sqlite:PATH or {name} postgres:CONNECTION.");
            }
            catch (InvalidSettingException exception)
            {
                mistakes.Add($"{name} {exception.Message}");
            }
            return null;
        }
    }

    private static async Task<int> RunAsync(Command command, string? from, string? to, CancellationToken cancellationToken)
    {
        CopyAddress source, copy;
        try
        {
            (source, copy) = Read(from, to, new ConfigurationBuilder().AddEnvironmentVariables().Build());
        }
        catch (InvalidSettingException exception)
        {
            return await ServerCommands.RefuseAsync(command, exception.Mistakes);
        }
        var begunAt = Stopwatch.GetTimestamp();
        try
        {
            // SQLite blocks, and the signals that end the process are handled by whoever waits.
            var report = await Task.Run(
                () => StoreCopy.RunAsync(source, copy, new CopyProgressLines(), cancellationToken), CancellationToken.None);
            await Console.Out.WriteLineAsync(TableOf(report, source, copy));
            await Console.Error.WriteLineAsync(OutcomeOf(report, Stopwatch.GetElapsedTime(begunAt)));
            return report.IsExact ? 0 : ServerCommands.Failed;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await Console.Error.WriteLineAsync("The copy was stopped. The same command goes on with it.");
            return ServerCommands.Failed;
        }
    }

    private static string TableOf(CopyReport report, CopyAddress source, CopyAddress copy)
    {
        var rows = report.Counts.Select(count => (count.Status, Of(count.Source), Of(count.Copy)))
            .Append(("all", Of(report.Counts.Sum(count => count.Source)), Of(report.Counts.Sum(count => count.Copy))));
        var lines = rows.Prepend(("status", "source", "copy")).Select(row => $"{row.Item1,-12}{row.Item2,15}{row.Item3,15}");
        return $"source: {source.Name}\ncopy:   {copy.Name}\n\n{string.Join('\n', lines)}\n\nSHA-256 of all rows: {report.Hash}";

        static string Of(long count) => count.ToString("N0", CultureInfo.InvariantCulture);
    }

    private static string OutcomeOf(CopyReport report, TimeSpan time) => report switch
    {
        { IsExact: true } => string.Create(CultureInfo.InvariantCulture,
            $"The copy is exact, and can be used. It took {time.TotalSeconds:N1} seconds."),
        { FirstDifference: (var first, var last) } => string.Create(CultureInfo.InvariantCulture,
            $"The copy differs from its source, first among the prompts with the numbers {first} to ")
            + (last == long.MaxValue ? "the last. " : string.Create(CultureInfo.InvariantCulture, $"{last}. "))
            + "Was the source used meanwhile? Delete the copy, stop every process that works on the source, and copy anew.",
        _ => "The copy has other counts than its source. Delete it, stop every process that works on the source, and copy anew.",
    };
}
