using System.Diagnostics;
using OllamaProxy.Simulator;

namespace OllamaProxy.Benchmarks.Chaos;

/// <summary>How many requests ran at once at a backend that is to be given no more than some.</summary>
/// <param name="Most">The most that ran at once by the backend's own account.</param>
/// <param name="Overrun">
/// How many too many there were, at the most. A server that was killed has let go of its requests the moment before the backend hears of
/// it, so those that were broken off do not count for the last half second.
/// </param>
internal sealed record BackendUse(int Most, int Overrun)
{
    private static readonly long Hearing = Stopwatch.Frequency / 2;

    public static BackendUse Of(OllamaSimulator backend, int concurrency)
    {
        var events = backend.Requests.All.SelectMany(request => (IEnumerable<(long At, int Change)>)
        [
            (request.ReceivedAt, 1),
            (Math.Max(request.ReceivedAt, request.EndedAt - (request.ClosedByClient ? Hearing : 0)), -1),
        ]).OrderBy(each => each.At).ThenBy(each => each.Change);
        var (running, most) = (0, 0);
        foreach (var (_, change) in events)
            most = Math.Max(most, running += change);
        return new(backend.Requests.MaxRunning, Math.Max(most - concurrency, 0));
    }
}
