using OllamaProxy.Configuration;
using OllamaProxy.Storage;
using OllamaProxy.Storage.Files;

namespace OllamaProxy.Worker;

/// <summary>
/// Removes what ended longer ago than <c>OLLAMA_PROXY_RETENTION_DAYS</c>, and files that have expired, in steps that are small enough to
/// let other writes through, and gives the room back to the system, also that of prompts that clients deleted. A timer calls it.
/// </summary>
public sealed class RetentionJob(IStoreMaintenance store, IFileStore files, OllamaProxyOptions options, TimeProvider time)
{
    /// <summary>Few, because each can be as large as a prompt and its result may be.</summary>
    private const int Step = 20;

    /// <summary>Purges until nothing is left to be purged.</summary>
    public async Task PurgeAsync(CancellationToken cancellationToken)
    {
        if (!options.Worker)
            return;
        var endedBefore = options.Retention > TimeSpan.Zero ? time.GetUtcNow() - options.Retention : DateTimeOffset.MinValue;
        while (await store.PurgeAsync(endedBefore, Step, cancellationToken) == Step)
            await Task.Yield();
        while (await files.RemoveExpiredFilesAsync(Step, cancellationToken) == Step)
            await Task.Yield();
        while (await store.ShrinkAsync(cancellationToken))
            await Task.Yield();
    }
}
