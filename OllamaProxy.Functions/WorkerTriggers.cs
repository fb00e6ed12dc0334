using Microsoft.Azure.Functions.Worker;
using OllamaProxy.Worker;

namespace OllamaProxy.Functions;

/// <summary>The worker. Ticks that are missed during a drain collapse into one right after it.</summary>
public sealed class WorkerTriggers(QueueWorker worker, RetentionJob retention)
{
    // The timers' monitor would want a storage account.
    [Function("Drain")]
    public Task DrainAsync([TimerTrigger("*/1 * * * * *", UseMonitor = false)] TimerInfo timer, CancellationToken stopping) =>
        worker.DrainAsync(stopping);

    [Function("Purge")]
    public Task PurgeAsync([TimerTrigger("0 * * * * *", UseMonitor = false)] TimerInfo timer, CancellationToken stopping) =>
        retention.PurgeAsync(stopping);
}
