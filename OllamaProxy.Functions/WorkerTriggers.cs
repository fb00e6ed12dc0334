using Microsoft.Azure.Functions.Worker;
using OllamaProxy.Batching;
using OllamaProxy.Worker;

namespace OllamaProxy.Functions;

/// <summary>The timers of the worker. Ticks that fall into a running drain become one tick right after it.</summary>
public sealed class WorkerTriggers(WorkCycle cycle, RetentionJob retention)
{
    // The monitor of timer triggers would need a storage account.
    [Function("Drain")]
    public Task DrainAsync([TimerTrigger("*/1 * * * * *", UseMonitor = false)] TimerInfo timer, CancellationToken stopping) =>
        cycle.RunAsync(stopping);

    [Function("Purge")]
    public Task PurgeAsync([TimerTrigger("0 * * * * *", UseMonitor = false)] TimerInfo timer, CancellationToken stopping) =>
        retention.PurgeAsync(stopping);
}
