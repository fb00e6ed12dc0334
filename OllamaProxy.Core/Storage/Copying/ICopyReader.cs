using OllamaProxy.Prompts;

namespace OllamaProxy.Storage.Copying;

/// <summary>Reads a store in one snapshot, and changes nothing in it.</summary>
internal interface ICopyReader : IAsyncDisposable
{
    /// <summary>Makes sure that no process uses the store, as far as that can be seen.</summary>
    /// <exception cref="StoreException">One does. The message says what to do.</exception>
    Task RefuseInUseAsync(CancellationToken cancellationToken);

    /// <summary>How many prompts have each status.</summary>
    Task<SortedDictionary<string, long>> CountAsync(CancellationToken cancellationToken);

    /// <summary>Lists what operators have paused.</summary>
    Task<IReadOnlyList<QueuePause>> ListPausesAsync(CancellationToken cancellationToken);

    /// <summary>Lists what was used, by day, owner and model.</summary>
    Task<IReadOnlyList<UsageRow>> ListUsageAsync(CancellationToken cancellationToken);

    /// <summary>Reads the numbers and sizes of the next prompts, files or batches, in order.</summary>
    /// <param name="set">Which of them.</param>
    /// <param name="after">The number that they are above.</param>
    /// <param name="limit">How many at most.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<IReadOnlyList<(long Seq, long Size)>> ListSizesAsync(
        CopiedSet set, long after, int limit, CancellationToken cancellationToken);

    /// <summary>Reads the rows of prompts, files or batches, in order: see <see cref="ColumnKind"/> for their values.</summary>
    /// <param name="table">Which rows.</param>
    /// <param name="after">The number that those of what they belong to are above.</param>
    /// <param name="last">The highest of them.</param>
    /// <param name="cancellationToken">Gives up.</param>
    IAsyncEnumerable<object?[]> ReadAsync(CopiedTable table, long after, long last, CancellationToken cancellationToken);
}
