using OllamaProxy.Configuration;
using OllamaProxy.Live;
using OllamaProxy.Notifications;
using OllamaProxy.Prompts;
using OllamaProxy.Statistics;
using OllamaProxy.Storage;
using OllamaProxy.Worker;

namespace OllamaProxy.Queue;

/// <summary>The queue as clients see it.</summary>
public sealed class PromptQueue(
    IPromptStore store,
    QueueSignal signal,
    WaitEstimator waitEstimator,
    RunningAttempts running,
    OllamaProxyOptions options,
    TimeProvider time,
    IDirectDispatch? taker = null,
    IWaitReasons? reasons = null)
{
    /// <summary>Queues a prompt, or has it run at once where nothing is queued and the worker has room: it is on disk when this returns.</summary>
    /// <exception cref="QueueFullException">As many are queued as may be.</exception>
    public async Task<Submission> SubmitAsync(NewPrompt prompt, CancellationToken cancellationToken)
    {
        var hasBegun = false;
        try
        {
            using var position = taker?.TryReserve(prompt);
            var (submission, claimed) = await store.AddAsync(prompt, options.MaxQueued, position?.Terms, cancellationToken);
            if (claimed is not null)
                position!.Run(claimed);
            hasBegun = claimed is not null;
            return submission;
        }
        finally
        {
            // Only now the place is free again, for this prompt or for another.
            if (!hasBegun)
                signal.Raise();
        }
    }

    /// <summary>Queues prompts as one batch with this new id, all or none.</summary>
    /// <exception cref="QueueFullException">With them, more would be queued than may be.</exception>
    public async Task<IReadOnlyList<Prompt>> SubmitBatchAsync(Guid batch, IReadOnlyList<NewPrompt> prompts, CancellationToken cancellationToken)
    {
        var queued = await store.AddBatchAsync(batch, prompts, options.MaxQueued, cancellationToken);
        signal.Raise();
        return queued;
    }

    /// <summary>The prompt, or null if there is none with this id.</summary>
    public Task<Prompt?> FindAsync(Guid id, CancellationToken cancellationToken) => store.FindAsync(id, cancellationToken);

    /// <summary>
    /// Asks again for a prompt whose client was taken for gone though it is there; see <see cref="IPromptStore.ReconnectAsync"/>.
    /// </summary>
    public async Task<Prompt?> ReconnectAsync(Guid id, ClientLease connection, CancellationToken cancellationToken)
    {
        var prompt = await store.ReconnectAsync(id, connection, cancellationToken);
        signal.Raise();
        return prompt;
    }

    /// <summary>What the client handed in; null if there is no such prompt.</summary>
    public Task<PromptContent?> FindContentAsync(Guid id, CancellationToken cancellationToken) => store.FindContentAsync(id, cancellationToken);

    /// <summary>What has been generated, whole or in part; null if nothing.</summary>
    public Task<StoredResult?> FindResultAsync(Guid id, CancellationToken cancellationToken) => store.FindResultAsync(id, cancellationToken);

    /// <summary>What Ollama answered to a call, as it came; null if there is nothing.</summary>
    public Task<StoredResponse?> FindResponseAsync(Guid id, CancellationToken cancellationToken) => store.FindResponseAsync(id, cancellationToken);

    /// <summary>The attempts at a prompt, oldest first.</summary>
    public Task<IReadOnlyList<AttemptRecord>> ListAttemptsAsync(Guid id, CancellationToken cancellationToken) => store.ListAttemptsAsync(id, cancellationToken);

    /// <summary>A page of prompts, newest first.</summary>
    public Task<PromptPage> ListAsync(PromptQuery query, CancellationToken cancellationToken) => store.ListAsync(query, cancellationToken);

    /// <summary>The prompts with these numbers, oldest first; those that are not there any more are left out.</summary>
    public Task<IReadOnlyList<PromptSummary>> SummariseAsync(IReadOnlyCollection<long> seqs, CancellationToken cancellationToken) => store.SummariseAsync(seqs, cancellationToken);

    /// <summary>How many prompts have each status; those that none has may be left out.</summary>
    public Task<IReadOnlyDictionary<PromptStatus, long>> CountAsync(CancellationToken cancellationToken) => store.CountAsync(null, cancellationToken);

    /// <summary>What happened since a time.</summary>
    public Task<QueueHistory> ReadHistoryAsync(DateTimeOffset since, CancellationToken cancellationToken) => store.ReadHistoryAsync(since, cancellationToken);

    /// <summary>How many prompts of a batch have each status; empty if there is no such batch.</summary>
    public Task<IReadOnlyDictionary<PromptStatus, long>> CountBatchAsync(Guid batch, CancellationToken cancellationToken) => store.CountAsync(batch, cancellationToken);

    /// <summary>Where the prompt stands in the queue; null unless it is queued.</summary>
    public async Task<QueuePosition?> FindPlaceAsync(Prompt prompt, CancellationToken cancellationToken)
    {
        if (prompt.Status != PromptStatus.Queued)
            return null;
        var position = await store.CountAheadAsync(prompt, cancellationToken) + 1;
        var reason = reasons?.Find(prompt);
        var eta = reason is WaitReason.Backend or WaitReason.Model ? null : await EtaAsync(prompt, position, cancellationToken);
        return new(position, eta, reason);
    }

    /// <summary>How long until a queued prompt has probably ended: not before its next attempt is due and has run.</summary>
    private async Task<TimeSpan?> EtaAsync(Prompt prompt, long position, CancellationToken cancellationToken)
    {
        var eta = await waitEstimator.EtaAsync(position, cancellationToken);
        if (prompt.AvailableAt - time.GetUtcNow() is not { Ticks: > 0 } backOff)
            return eta;
        var due = backOff + await waitEstimator.EtaAsync(1, cancellationToken);
        return due > eta ? due : eta;
    }

    /// <summary>Watches a prompt until the watch is disposed. Look at the prompt after this, not before, and nothing is missed.</summary>
    public PromptSubscription SubscribeToOutput(Prompt prompt) => store.Notifier.Subscribe(prompt.Seq, text: true);

    /// <summary>Watches all prompts until the watch is disposed.</summary>
    public QueueSubscription SubscribeToAll() => store.Notifier.SubscribeToAll();

    /// <summary>Waits until a prompt has ended, but not for longer than <paramref name="timeout"/>. Returns it as it is then; null: it was deleted.</summary>
    public async Task<Prompt?> WaitUntilEndedAsync(Prompt prompt, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var subscription = store.Notifier.Subscribe(prompt.Seq, text: false);
        var started = time.GetTimestamp();
        while (await store.FindAsync(prompt.Id, cancellationToken) is { } now)
        {
            var left = timeout - time.GetElapsedTime(started);
            if (now.Status.HasEnded() || left <= TimeSpan.Zero)
                return now;
            await subscription.WaitAsync(left, time, cancellationToken);
        }
        return null;
    }

    /// <summary>Whether nothing can be run at the moment, as far as this process can tell.</summary>
    public bool IsStalled => reasons is { IsStalled: true };

    /// <summary>How long until a full queue has probably room for so many prompts, at least a second.</summary>
    public Task<TimeSpan> UntilRoomAsync(long prompts, CancellationToken cancellationToken) =>
        waitEstimator.UntilGoneAsync(prompts, cancellationToken);

    /// <summary>Ends a prompt as cancelled, unless it has ended; null if there is no such prompt.</summary>
    public async Task<Prompt?> CancelAsync(Guid id, CancellationToken cancellationToken)
    {
        var prompt = await store.CancelAsync(id, cancellationToken);
        running.Notify(id);
        return prompt;
    }

    /// <summary>Queues a prompt again that failed or was cancelled.</summary>
    public async Task<ChangeResult> RetryAsync(Guid id, CancellationToken cancellationToken)
    {
        var change = await store.RetryAsync(id, cancellationToken);
        signal.Raise();
        return change;
    }

    /// <summary>Gives a queued prompt another priority.</summary>
    public Task<ChangeResult> ChangePriorityAsync(Guid id, int priority, CancellationToken cancellationToken) => store.ChangePriorityAsync(id, priority, cancellationToken);

    /// <summary>Removes a prompt, in whatever status; false if there is none with this id.</summary>
    public async Task<bool> DeleteAsync(Guid id, CancellationToken cancellationToken)
    {
        var deleted = await store.DeleteAsync(id, cancellationToken);
        running.Notify(id);
        return deleted;
    }
}
