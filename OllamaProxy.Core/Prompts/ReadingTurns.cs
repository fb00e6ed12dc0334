namespace OllamaProxy.Prompts;

/// <summary>
/// Throttle for readers of long texts: at most half of the processors read and encode pieces at the same time, so that the rest serves
/// everybody else. Waiting for a slow client does not count.
/// </summary>
internal static class ReadingTurns
{
    private static readonly SemaphoreSlim Turns = new(Math.Max(1, Environment.ProcessorCount / 2));

    /// <summary>Reads and encodes one piece, when a processor is free for it.</summary>
    public static async Task<T> TakeAsync<T>(Func<Task<T>> read, CancellationToken cancellationToken)
    {
        await Turns.WaitAsync(cancellationToken);
        try
        {
            return await read();
        }
        finally
        {
            Turns.Release();
        }
    }
}
