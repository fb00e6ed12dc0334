using OllamaProxy.Prompts;
using OllamaProxy.Storage;

namespace OllamaProxy.Tests.Support;

/// <summary>The settlements by their names.</summary>
internal static class StoreSettlements
{
    public static Task<bool> CompleteAsync(this IWorkQueue queue, Lease lease, PromptResult result, CancellationToken cancellationToken) =>
        queue.SettleAsync(lease, new Settlement.Complete(result), cancellationToken);

    public static Task<bool> FailAsync(this IWorkQueue queue, Lease lease, string error, PromptResult? partial,
        CancellationToken cancellationToken) =>
        queue.SettleAsync(lease, new Settlement.Fail(error, partial), cancellationToken);

    public static Task<bool> RequeueAsync(
        this IWorkQueue queue, Lease lease, string error, PromptResult? partial, DateTimeOffset availableAt, bool counts,
            CancellationToken cancellationToken) =>
        queue.SettleAsync(lease, new Settlement.Requeue(error, partial, availableAt, counts), cancellationToken);

    public static Task<bool> ReleaseAsync(this IWorkQueue queue, Lease lease, PromptResult? partial, CancellationToken cancellationToken) =>
        queue.SettleAsync(lease, new Settlement.Release(partial), cancellationToken);

    public static Task<bool> StopAsync(this IWorkQueue queue, Lease lease, PromptResult? partial, CancellationToken cancellationToken) =>
        queue.SettleAsync(lease, new Settlement.AcknowledgeCancel(partial), cancellationToken);
}
