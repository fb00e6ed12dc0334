using System.Diagnostics;
using System.Globalization;
using OllamaProxy.Storage.Copying;

namespace OllamaProxy.Server.Commands;

/// <summary>Writes the progress of a copy to the standard error, a line a second at most.</summary>
internal sealed class CopyProgressLines : IProgress<CopyProgress>
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly long _begunAt = Stopwatch.GetTimestamp();
    private long _writtenAt = Stopwatch.GetTimestamp();
    private CopyStep? _step;

    public void Report(CopyProgress value)
    {
        if (_step == value.Step && Stopwatch.GetElapsedTime(_writtenAt) < Interval)
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
