namespace OllamaProxy.Hosting;

/// <summary>
/// Caches the result of an expensive read for a time, and shares one read among all who ask meanwhile. An exception is cached as well.
/// </summary>
/// <param name="read">Reads the value. It must end by itself: no caller can cancel it.</param>
/// <param name="ttl">How long a value is valid, from the beginning of its read.</param>
/// <param name="time">The clock.</param>
internal sealed class Cached<T>(Func<Task<T>> read, TimeSpan ttl, TimeProvider time)
{
    private readonly Lock _lock = new();
    private Task<T>? _latest;
    private long _begunAt;

    /// <summary>The value, or the exception of its read.</summary>
    public Task<T> GetAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_latest is null || (_latest.IsCompleted && time.GetElapsedTime(_begunAt) >= ttl))
            {
                _begunAt = time.GetTimestamp();
                _latest = Task.Run(read, CancellationToken.None);
            }
            return _latest.WaitAsync(cancellationToken);
        }
    }
}
