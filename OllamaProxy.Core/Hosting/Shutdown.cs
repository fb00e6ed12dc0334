using Microsoft.Extensions.Hosting;

namespace OllamaProxy.Hosting;

/// <summary>
/// The end of this process, in two steps. Once it has begun, no prompt is started, prompts on whose answer no client waits here are
/// handed back, and streams of events and waits end; only requests that are being answered go on. When their time is over, they are cut.
/// </summary>
public sealed class Shutdown : IDisposable
{
    /// <summary>How much of the time is kept for the last words to clients and to the store.</summary>
    private static readonly TimeSpan LongestReserve = TimeSpan.FromSeconds(2);

    private readonly TimeSpan _atMost;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private DateTimeOffset _cutAt = DateTimeOffset.MaxValue;
    private readonly CancellationTokenSource _begun = new();
    private readonly CancellationTokenSource _cut;
    private readonly CancellationTokenRegistration _stopping;

    /// <summary>Begins when the host begins to stop.</summary>
    /// <param name="timeout">How long the whole end may take, from its beginning until the process is gone.</param>
    /// <param name="lifetime">Tells of the host's stop.</param>
    /// <param name="time">The clock.</param>
    public Shutdown(TimeSpan timeout, IHostApplicationLifetime lifetime, TimeProvider time)
    {
        (_atMost, _time) = (timeout, time);
        _cut = new(Timeout.InfiniteTimeSpan, time);
        (Begun, Cut) = (_begun.Token, _cut.Token);
        // The host stops its services one after the other, the web server with its open connections first: too late for the worker.
        _stopping = lifetime.ApplicationStopping.UnsafeRegister(static shutdown => ((Shutdown)shutdown!).Begin(), this);
    }

    /// <summary>Fires when the end has begun.</summary>
    public CancellationToken Begun { get; }

    /// <summary>Fires when what has not ended by itself has to end at once.</summary>
    public CancellationToken Cut { get; }

    /// <summary>When the host has to break the connections that are left, counted as <paramref name="timeout"/> is: after <see cref="Cut"/>.</summary>
    public static TimeSpan ConnectionsEndAfter(TimeSpan timeout) => timeout - ReserveOf(timeout) / 2;

    /// <summary>Begins the end, unless it has begun.</summary>
    public void Begin() => Begin(_atMost);

    /// <summary>Begins the end, or has it come sooner if it has begun.</summary>
    /// <param name="timeout">How long it may take from now on.</param>
    public void Begin(TimeSpan timeout)
    {
        lock (_lock)
        {
            var wait = timeout - ReserveOf(timeout);
            if (_time.GetUtcNow() + wait < _cutAt)
            {
                _cutAt = _time.GetUtcNow() + wait;
                _cut.CancelAfter(wait);
            }
        }
        _begun.Cancel();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stopping.Dispose();
        _begun.Dispose();
        _cut.Dispose();
    }

    private static TimeSpan ReserveOf(TimeSpan timeout) => timeout / 2 < LongestReserve ? timeout / 2 : LongestReserve;
}
