using Microsoft.Extensions.Hosting;

namespace OllamaProxy.Hosting;

/// <summary>
/// The shutdown of this process, in two steps. Once it has <see cref="Begun"/>, no prompt is started, prompts without a client that waits
/// here are handed back to the queue, and event streams and waiting requests end; requests that are being answered continue. What remains
/// is then <see cref="Cut"/>.
/// </summary>
public sealed class Shutdown : IDisposable
{
    /// <summary>The most time that is reserved for last messages to clients and last writes to the store, after the cut.</summary>
    private static readonly TimeSpan LongestReserve = TimeSpan.FromSeconds(2);

    private readonly TimeSpan _atMost;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private DateTimeOffset _cutAt = DateTimeOffset.MaxValue;
    private readonly CancellationTokenSource _begun = new();
    private readonly CancellationTokenSource _cut;
    private readonly CancellationTokenRegistration _stopping;

    /// <summary>Begins when the host begins to stop.</summary>
    /// <param name="timeout">How long the whole shutdown may take, from its beginning to the end of the process.</param>
    /// <param name="lifetime">Signals the stop of the host.</param>
    /// <param name="time">The clock.</param>
    public Shutdown(TimeSpan timeout, IHostApplicationLifetime lifetime, TimeProvider time)
    {
        (_atMost, _time) = (timeout, time);
        _cut = new(Timeout.InfiniteTimeSpan, time);
        (Begun, Cut) = (_begun.Token, _cut.Token);
        // A hosted service would learn of the stop too late: the host stops its services one after the other, beginning with the web
        // server, which waits for its open connections.
        _stopping = lifetime.ApplicationStopping.UnsafeRegister(static shutdown => ((Shutdown)shutdown!).Begin(), this);
    }

    /// <summary>Cancelled when the shutdown begins.</summary>
    public CancellationToken Begun { get; }

    /// <summary>Cancelled when everything that still runs has to end at once.</summary>
    public CancellationToken Cut { get; }

    /// <summary>
    /// When the host has to close the connections that are left, counted from the beginning of the shutdown: after <see cref="Cut"/>.
    /// </summary>
    public static TimeSpan ConnectionsEndAfter(TimeSpan timeout) => timeout - ReserveOf(timeout) / 2;

    /// <summary>Begins the shutdown, unless it has begun.</summary>
    public void Begin() => Begin(_atMost);

    /// <summary>Begins the shutdown, or brings its end forward if it has begun.</summary>
    /// <param name="timeout">How long the shutdown may take from now on.</param>
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
