namespace OllamaProxy.Hosting;

/// <summary>What is asked for often and costs something to find out: found out once for all who ask within a time, an error too.</summary>
/// <param name="read">Finds it out; ends by itself.</param>
/// <param name="ttl">For how long it is good, from when it began to be found out.</param>
/// <param name="time">The clock.</param>
internal sealed class Cached<T>(Func<Task<T>> read, TimeSpan ttl, TimeProvider time)
{
    private readonly Lock _lock = new();
    private Task<T>? _latest;
    private long _begunAt;

    /// <summary>It, or the exception with which it could not be found out.</summary>
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
