using System.Diagnostics;

namespace OllamaProxy.Benchmarks.Rows;

/// <summary>Times what is to be compared in turn, so that whatever slows the machine slows both sides.</summary>
internal static class InTurn
{
    /// <summary>
    /// The costs of both in microseconds, or whatever they return, in <see cref="Effort.StoreSamples"/> turns. Those before these only warm
    /// up, for <see cref="Effort.StoreWarmUp"/>.
    /// </summary>
    public static async Task<(List<double> One, List<double> Other)> CompareAsync(Effort effort, Func<Task<double>> one,
        Func<Task<double>> other)
    {
        var costs = (One: new List<double>(), Other: new List<double>());
        var started = Stopwatch.GetTimestamp();
        while (costs.One.Count < effort.StoreSamples)
        {
            var isWarm = Stopwatch.GetElapsedTime(started) >= effort.StoreWarmUp;
            var (first, second) = (await one(), await other());
            if (!isWarm)
                continue;
            costs.One.Add(first);
            costs.Other.Add(second);
        }
        return costs;
    }

    /// <summary>How many microseconds something takes.</summary>
    public static async Task<double> MicrosecondsAsync(Func<Task> run)
    {
        var started = Stopwatch.GetTimestamp();
        await run();
        return Stopwatch.GetElapsedTime(started).TotalMicroseconds;
    }
}
