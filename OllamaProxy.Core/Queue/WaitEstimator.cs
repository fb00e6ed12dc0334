using OllamaProxy.Configuration;
using OllamaProxy.Storage;

namespace OllamaProxy.Queue;

/// <summary>How fast the queue drains, as the store has seen it lately, whichever process ran the prompts.</summary>
public sealed class WaitEstimator(IPromptReader store, OllamaProxyOptions options, TimeProvider time)
{
    private static readonly TimeSpan GoodFor = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LeastWait = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private TimeSpan? _meanRun;
    private long? _measuredAt;

    /// <summary>How long until the prompt at this position has probably ended; null while nothing was measured.</summary>
    public async Task<TimeSpan?> EtaAsync(long position, CancellationToken cancellationToken) =>
        await MeanRunAsync(cancellationToken) * Math.Ceiling((double)position / options.TotalConcurrency);

    /// <summary>How long until so many prompts have probably left the queue; a second while nothing was measured, and at least.</summary>
    public async Task<TimeSpan> UntilGoneAsync(long prompts, CancellationToken cancellationToken) =>
        await MeanRunAsync(cancellationToken) * prompts / options.TotalConcurrency is { } wait && wait > LeastWait ? wait : LeastWait;

    // That there is no measurement yet is not cached: a client that gets no estimate may not ask again before its prompt changes.
    private async Task<TimeSpan?> MeanRunAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_meanRun is not null && _measuredAt is { } at && time.GetElapsedTime(at) < GoodFor)
                return _meanRun;
        }
        var meanRun = await store.MeanRunAsync(cancellationToken);
        lock (_lock)
        {
            _measuredAt = time.GetTimestamp();
            return _meanRun = meanRun;
        }
    }
}
