namespace OllamaProxy.Storage;

/// <summary>What keeps the store small. Any method can throw a <see cref="StoreException"/>.</summary>
public interface IStoreMaintenance
{
    /// <summary>
    /// Removes prompts that ended before a time, the oldest first. Returns how many it removed: fewer than
    /// <paramref name="limit"/> means that no more are there.
    /// </summary>
    Task<int> PurgeAsync(DateTimeOffset endedBefore, int limit, CancellationToken cancellationToken);

    /// <summary>Gives some of the room back to the system that removed prompts have left, and returns whether there is more.</summary>
    Task<bool> ShrinkAsync(CancellationToken cancellationToken);
}
