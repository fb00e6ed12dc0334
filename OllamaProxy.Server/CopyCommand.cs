using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using OllamaProxy.Configuration;
using OllamaProxy.Storage.Copying;

namespace OllamaProxy.Server;

/// <summary>
/// The command <c>copy</c>, which copies all prompts from one database to another. What people read of its progress goes to the standard
/// error, and the table of its outcome to the standard output.
/// </summary>
public sealed class CopyCommand
{
    /// <summary>The first argument that calls it.</summary>
    public const string Name = "copy";

    private static readonly TimeSpan ProgressInterval = TimeSpan.FromSeconds(1);

    private CopyCommand(CopyAddress from, CopyAddress to) => (From, To) = (from, to);

    /// <summary>What is copied.</summary>
    public CopyAddress From { get; }

    /// <summary>Where to.</summary>
    public CopyAddress To { get; }

    /// <summary>Parses what follows <see cref="Name"/>: <c>--from ADDRESS --to ADDRESS</c>.</summary>
    /// <param name="args">The arguments. No mistake quotes a value, since it may hold a password.</param>
    /// <param name="settings">The settings, for addresses that leave them to those.</param>
    /// <exception cref="InvalidSettingException">They are wrong.</exception>
    public static CopyCommand Parse(IReadOnlyList<string> args, IConfiguration settings)
    {
        var values = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        var mistakes = new List<string>();
        for (var next = 0; next < args.Count; next++)
        {
            var (name, value) = args[next].Split('=', 2) is [var left, var right] ? (left, right) : (args[next], null);
            // An option without a value is told of below, in the words for a bad one.
            if (value is null && name.StartsWith('-') && next + 1 < args.Count && !args[next + 1].StartsWith('-'))
                value = args[++next];
            if (name.ToUpperInvariant() is "--FROM" or "--TO")
                values[name] = value ?? "";
            else
                mistakes.Add($"{(name.StartsWith('-') ? name : "An argument of copy")} is not known.");
        }
        var (from, to) = (Read("--from"), Read("--to"));
        return mistakes.Count == 0 ? new(from!, to!) : throw new InvalidSettingException(mistakes);

        CopyAddress? Read(string name)
        {
            if (!values.TryGetValue(name, out var text))
            {
                mistakes.Add($"copy needs {name} sqlite:PATH or {name} postgres:CONNECTION.");
                return null;
            }
            try
            {
                return CopyAddress.Parse(text, settings);
            }
            catch (InvalidSettingException exception)
            {
                mistakes.Add($"{name} {exception.Message}");
                return null;
            }
        }
    }

    /// <summary>Copies, until it is done or the process is told to end.</summary>
    /// <returns>Whether the copy is exact.</returns>
    public async Task<bool> RunAsync()
    {
        using var stop = new CancellationTokenSource();
        using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        var begunAt = Stopwatch.GetTimestamp();
        try
        {
            var report = await StoreCopy.RunAsync(From, To, new Progress(), stop.Token);
            await Console.Out.WriteLineAsync(Table(report));
            await Console.Error.WriteLineAsync(Outcome(report, Stopwatch.GetElapsedTime(begunAt)));
            return report.IsExact;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            await Console.Error.WriteLineAsync("The copy was stopped. The same command goes on with it.");
            return false;
        }

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stop.Cancel();
        }
    }

    private string Table(CopyReport report)
    {
        var rows = report.Counts.Select(count => (count.Status, Of(count.Source), Of(count.Copy)))
            .Append(("all", Of(report.Counts.Sum(count => count.Source)), Of(report.Counts.Sum(count => count.Copy))));
        var lines = rows.Prepend(("status", "source", "copy")).Select(row => $"{row.Item1,-12}{row.Item2,15}{row.Item3,15}");
        return $"source: {From.Name}\ncopy:   {To.Name}\n\n{string.Join('\n', lines)}\n\nSHA-256 of all rows: {report.Hash}";

        static string Of(long count) => count.ToString("N0", CultureInfo.InvariantCulture);
    }

    private static string Outcome(CopyReport report, TimeSpan time) => report switch
    {
        { IsExact: true } => string.Create(CultureInfo.InvariantCulture,
            $"The copy is exact, and can be used. It took {time.TotalSeconds:N1} seconds."),
        { FirstDifference: (var first, var last) } => string.Create(CultureInfo.InvariantCulture,
            $"The copy differs from its source, first among the prompts with the numbers {first} to ")
            + (last == long.MaxValue ? "the last. " : string.Create(CultureInfo.InvariantCulture, $"{last}. "))
            + "Was the source used meanwhile? Delete the copy, stop every process that works on the source, and copy anew.",
        _ => "The copy has other counts than its source. Delete it, stop every process that works on the source, and copy anew.",
    };

    /// <summary>Writes a line a second at most.</summary>
    private sealed class Progress : IProgress<CopyProgress>
    {
        private readonly long _begunAt = Stopwatch.GetTimestamp();
        private long _writtenAt = Stopwatch.GetTimestamp();
        private CopyStep? _step;

        public void Report(CopyProgress value)
        {
            if (_step == value.Step && Stopwatch.GetElapsedTime(_writtenAt) < ProgressInterval)
                return;
            if (_step is null && value.Resumed > 0)
                Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"Going on behind the {value.Resumed:N0} prompts that were copied earlier."));
            (_step, _writtenAt) = (value.Step, Stopwatch.GetTimestamp());
            var (what, seconds) = (value.Step == CopyStep.Copy ? "Copied" : "Compared", Stopwatch.GetElapsedTime(_begunAt).TotalSeconds);
            Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{what} {value.Prompts:N0} of {value.Total:N0} prompts after {seconds:N0} seconds."));
        }
    }
}
