namespace OllamaProxy.Api.Http;

/// <summary>Tells of a moment that comes after a time, once, until it is started again.</summary>
internal sealed class Reminder : IDisposable
{
    private readonly TimeSpan _after;
    private readonly ITimer? _timer;
    private volatile bool _isDue;

    /// <param name="after">The time; zero: the moment never comes.</param>
    /// <param name="tell">Called when the moment has come.</param>
    /// <param name="time">The clock.</param>
    public Reminder(TimeSpan after, Action tell, TimeProvider time)
    {
        _after = after;
        if (after <= TimeSpan.Zero)
            return;
        _timer = time.CreateTimer(_ => { _isDue = true; tell(); }, null, after, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Whether the moment has come.</summary>
    public bool IsDue => _isDue;

    /// <summary>Begins the time anew.</summary>
    public void Restart()
    {
        _isDue = false;
        _timer?.Change(_after, Timeout.InfiniteTimeSpan);
    }

    /// <inheritdoc/>
    public void Dispose() => _timer?.Dispose();
}
