namespace OllamaProxy.Ollama.Backends;

/// <summary>
/// Looks at a backend every second for as long as somebody wants to know how it is: a page that shows a prompt is to tell within two
/// seconds that Ollama does not answer. Otherwise a look every ten seconds is enough, and each is a line in Ollama's log. Safe for
/// many threads.
/// </summary>
internal sealed class CloseWatch(TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>Clients that poll for a status ask every few seconds.</summary>
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(10);

    private long _until = time.GetTimestamp();

    /// <summary>Goes on for <see cref="Length"/> from now.</summary>
    public void Extend() => Volatile.Write(ref _until, time.GetTimestamp() + (long)(Length.TotalSeconds * time.TimestampFrequency));

    /// <summary>Looks at a backend, when that is wanted, until the token fires.</summary>
    public async Task RunAsync(Backend backend, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
                if (time.GetTimestamp() < Volatile.Read(ref _until))
                    await backend.LookAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The end.
        }
    }
}
