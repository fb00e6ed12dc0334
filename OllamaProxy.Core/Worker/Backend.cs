using Microsoft.Extensions.Logging;
using OllamaProxy.Ollama;

namespace OllamaProxy.Worker;

/// <summary>
/// Whether Ollama is there. While it is not, it is probed with a back-off, and the worker claims nothing. Used by one
/// drain at a time; <see cref="ReportAsync"/> may come from many attempts.
/// </summary>
public sealed class Backend(OllamaClient ollama, OllamaProxyOptions options, TimeProvider time, ILogger<Backend> logger)
{
    private static readonly TimeSpan FirstProbeWait = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan MaxProbeWait = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private bool? _reachable;
    private TimeSpan _probeWait = FirstProbeWait;
    private long _probedAt;

    /// <summary>How long until the next probe is due; null while Ollama is there.</summary>
    public TimeSpan? NextProbe
    {
        get
        {
            lock (_lock)
            {
                if (_reachable is not false)
                    return null;
                var wait = _probeWait - time.GetElapsedTime(_probedAt);
                return wait > TimeSpan.Zero ? wait : TimeSpan.Zero;
            }
        }
    }

    /// <summary>Whether prompts can be run now; probes first where that is not known, or the next probe is due.</summary>
    public async Task<bool> IsReachableAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_reachable is true)
                return true;
        }
        return NextProbe is not { Ticks: > 0 } && await ProbeAsync(cancellationToken);
    }

    /// <summary>
    /// Takes note of a failed attempt, and returns whether Ollama was there for it: if not, the attempt does not count.
    /// </summary>
    public async Task<bool> ReportAsync(OllamaException failure, CancellationToken cancellationToken)
    {
        switch (failure.Kind)
        {
            case FailureKind.Unreachable:
                // Only the first of several attempts tells something new; the back-off is the probes' business.
                if (NextProbe is null)
                    Note(false);
                return false;
            case FailureKind.Foreign:
                return await ProbeAsync(cancellationToken);
            default:
                return true;
        }
    }

    private async Task<bool> ProbeAsync(CancellationToken cancellationToken)
    {
        var reachable = await ollama.IsReachableAsync(cancellationToken);
        Note(reachable);
        return reachable;
    }

    private void Note(bool reachable)
    {
        lock (_lock)
        {
            if (reachable && _reachable is not true)
                logger.OllamaBack(options.Ollama);
            else if (!reachable && _reachable is not false)
                logger.OllamaAway(options.Ollama, options.Model);

            _probeWait = reachable || _reachable is not false ? FirstProbeWait : DoubledProbeWait();
            _reachable = reachable;
            _probedAt = time.GetTimestamp();
        }
    }

    private TimeSpan DoubledProbeWait() => _probeWait * 2 < MaxProbeWait ? _probeWait * 2 : MaxProbeWait;
}
