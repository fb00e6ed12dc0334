namespace OllamaProxy.Storage;

/// <summary>Keeps the store small. Any method can throw a <see cref="StoreException"/>.</summary>
public interface IStoreMaintenance
{
    /// <summary>
    /// Deletes batches, and prompts, that ended before a time, oldest first, and returns how many prompts. Fewer than
    /// <paramref name="limit"/> means that none are left.
    /// </summary>
    Task<int> PurgeAsync(DateTimeOffset endedBefore, int limit, CancellationToken cancellationToken);

    /// <summary>Has a write that changes nothing go to the disk, to see whether the store takes writes.</summary>
    Task WriteNothingAsync(CancellationToken cancellationToken);

    /// <summary>Returns some of the space of deleted prompts to the file system, and returns whether there is more.</summary>
    Task<bool> ShrinkAsync(CancellationToken cancellationToken);
}
