namespace OllamaProxy.Ollama.Backends;

/// <summary>
/// For how long a backend is left alone that said that it has no room, or answered strangely and was away then: twice as long each time,
/// with jitter, until it has completed a prompt. Not safe for many threads.
/// </summary>
internal sealed class BusyBackOff(TimeProvider time)
{
    private static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan MaxRetryAfter = TimeSpan.FromHours(1);

    private TimeSpan _nextWait = FirstWait;
    private TimeSpan _wait;
    private long? _since;

    /// <summary>Whether the backend is to be left alone now.</summary>
    public bool IsBusy => _since is { } since && time.GetElapsedTime(since) < _wait;

    /// <summary>The backend said so to an attempt.</summary>
    /// <param name="retryAfter">How long it asked to be left alone; null: it did not say.</param>
    /// <param name="startedAt">When the attempt was started, as a timestamp of the clock.</param>
    /// <returns>For how long it is left alone; null: that was decided before, since several attempts ran side by side.</returns>
    public TimeSpan? OnBusy(TimeSpan? retryAfter, long startedAt)
    {
        if (startedAt <= _since)
            return null;
        var wait = _nextWait * (0.5 + (Random.Shared.NextDouble() / 2));
        if (retryAfter > wait)
            wait = retryAfter < MaxRetryAfter ? retryAfter.Value : MaxRetryAfter;
        (_since, _wait) = (time.GetTimestamp(), wait);
        _nextWait = _nextWait * 2 < MaxWait ? _nextWait * 2 : MaxWait;
        return wait;
    }

    /// <summary>The backend did what was asked: the next wait is a short one.</summary>
    public void OnCompleted() => _nextWait = FirstWait;
}
