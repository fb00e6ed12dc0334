using OllamaProxy.Prompts;
using OllamaProxy.Storage;

namespace OllamaProxy.Tests.Support;

/// <summary>Submissions without a worker, and claims without a scheduler.</summary>
internal static class StoreClaims
{
    /// <summary>Sweeps, and claims the first due prompt by rank, whatever its model; null: none is due, or all slots are taken.</summary>
    public static async Task<ClaimedPrompt?> ClaimAsync(this IPromptStore store, ClaimTerms terms, CancellationToken cancellationToken)
    {
        await store.RecoverExpiredAsync(terms, [], cancellationToken);
        var offer = await store.ReadSnapshotAsync(new(100, default), cancellationToken);
        foreach (var prompt in offer.Prompts.OrderBy(prompt => (prompt.Rank, prompt.Seq)))
            if (await store.ClaimAsync(prompt.Seq, terms, cancellationToken) is { } claimed)
                return claimed;
        return null;
    }

    /// <summary>Queues a prompt.</summary>
    public static async Task<Submission> AddAsync(this IPromptStore store, NewPrompt prompt, long maxQueued,
        CancellationToken cancellationToken) =>
        (await store.AddAsync(prompt, maxQueued, null, cancellationToken)).Submission;
}
