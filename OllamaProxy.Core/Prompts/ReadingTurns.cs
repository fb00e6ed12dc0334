namespace OllamaProxy.Prompts;

/// <summary>
/// Who reads a long text takes turns with all others who do: while one piece is read and made ready, half of the processors are left to
/// everybody else. To wait for a client that is slow to take a piece is no part of a turn.
/// </summary>
internal static class ReadingTurns
{
    private static readonly SemaphoreSlim Turns = new(Math.Max(1, Environment.ProcessorCount / 2));

    /// <summary>Does something as a turn.</summary>
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
