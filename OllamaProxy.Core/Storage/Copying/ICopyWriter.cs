using OllamaProxy.Prompts;

namespace OllamaProxy.Storage.Copying;

/// <summary>Writes a copy into a store, which holds nothing else. No other process can use the store until it is finished.</summary>
internal interface ICopyWriter : IAsyncDisposable
{
    /// <summary>Begins a copy, or goes on with one.</summary>
    /// <param name="source">The name of what is copied.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What has been copied already.</returns>
    /// <exception cref="StoreException">The store holds something else, or cannot be used. It was not changed.</exception>
    Task<CopyStart> BeginAsync(string source, CancellationToken cancellationToken);

    /// <summary>The highest number that has been copied; 0: none.</summary>
    Task<long> LastAsync(CopiedSet set, CancellationToken cancellationToken);

    /// <summary>Writes prompts, files or batches with all that belongs to them, in one transaction.</summary>
    /// <param name="set">Which of them.</param>
    /// <param name="after">The highest number that has been copied so far.</param>
    /// <param name="rowsOf">Reads the rows of a table.</param>
    /// <param name="cancellationToken">Gives up. Then nothing is written.</param>
    /// <exception cref="StoreException">Nothing was written.</exception>
    Task WriteAsync(
        CopiedSet set, long after, Func<CopiedTable, IAsyncEnumerable<object?[]>> rowsOf, CancellationToken cancellationToken);

    /// <summary>
    /// Pauses what is paused in the source, takes over what was used, and brings up to date what is derived from rows, once all are there.
    /// </summary>
    Task CompleteAsync(IReadOnlyList<QueuePause> pauses, IReadOnlyList<UsageRow> usage, CancellationToken cancellationToken);

    /// <summary>Ends the copy: from now on the store can be used.</summary>
    Task ReleaseAsync(CancellationToken cancellationToken);
}

/// <summary>Where a copy begins, or goes on.</summary>
/// <param name="Prompts">How many prompts have been copied.</param>
internal readonly record struct CopyStart(long Prompts);
