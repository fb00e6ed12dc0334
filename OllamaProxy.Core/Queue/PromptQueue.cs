using OllamaProxy.Configuration;
using OllamaProxy.Live;
using OllamaProxy.Notifications;
using OllamaProxy.Prompts;
using OllamaProxy.Protocol;
using OllamaProxy.Storage;
using OllamaProxy.Telemetry;
using OllamaProxy.Worker;

namespace OllamaProxy.Queue;

/// <summary>What clients do with the queue; what they only read of it comes from <see cref="IPromptReader"/>.</summary>
public sealed class PromptQueue(
    IPromptCommands commands,
    IPromptReader reader,
    QueueSignal signal,
    WaitEstimator waitEstimator,
    RunningAttempts running,
    OllamaProxyOptions options,
    TimeProvider time,
    IDirectDispatch? directDispatch = null,
    IWaitReasons? reasons = null,
    QueuePauses? pauses = null,
    PromptMetrics? metrics = null)
{
    /// <summary>
    /// Queues a prompt, or has it run at once where nothing is queued and the worker has room: it is on disk when this returns.
    /// </summary>
    /// <exception cref="QueueFullException">As many are queued as may be.</exception>
    /// <exception cref="QueueDrainingException">No prompts are accepted until an operator resumes it.</exception>
    public async Task<Submission> SubmitAsync(NewPrompt prompt, CancellationToken cancellationToken)
    {
        RefuseIfDraining();
        prompt = WithLoadOptions(prompt);
        using var span = PromptTraces.Submit(prompt);
        if (span?.Id is { } id)
            prompt = prompt with { TraceParent = id };
        var hasBegun = false;
        try
        {
            await using var reservation = directDispatch?.TryReserve(prompt);
            var (submission, claimed) = await commands.AddAsync(prompt, options.MaxQueued, reservation?.Terms, cancellationToken);
            if (claimed is not null)
                reservation!.Run(claimed);
            hasBegun = claimed is not null;
            if (submission.Outcome == SubmissionOutcome.Accepted)
                metrics?.OnSubmitted(prompt);
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
    /// <exception cref="QueueDrainingException">No prompts are accepted until an operator resumes it.</exception>
    public async Task<IReadOnlyList<Prompt>> SubmitBatchAsync(Guid batch, IReadOnlyList<NewPrompt> prompts,
        CancellationToken cancellationToken)
    {
        RefuseIfDraining();
        prompts = [.. prompts.Select(WithLoadOptions)];
        var queued = await commands.AddBatchAsync(batch, prompts, options.MaxQueued, cancellationToken);
        signal.Raise();
        foreach (var prompt in prompts)
            metrics?.OnSubmitted(prompt);
        return queued;
    }

    /// <summary>
    /// Asks again for a prompt whose client was taken for gone though it is there; see <see cref="IPromptCommands.ReconnectAsync"/>.
    /// </summary>
    public async Task<Prompt?> ReconnectAsync(Guid id, ClientLease connection, CancellationToken cancellationToken)
    {
        var prompt = await commands.ReconnectAsync(id, connection, cancellationToken);
        signal.Raise();
        return prompt;
    }

    /// <summary>Where the prompt stands in the queue; null unless it is queued.</summary>
    public async Task<QueuePosition?> FindPositionAsync(Prompt prompt, CancellationToken cancellationToken)
    {
        if (prompt.Status != PromptStatus.Queued)
            return null;
        var position = await reader.CountAheadAsync(prompt, cancellationToken) + 1;
        var reason = reasons?.Find(prompt);
        var eta = reason is WaitReason.Backend or WaitReason.Model or WaitReason.Paused
            ? null : await EtaAsync(prompt, position, cancellationToken);
        return new(position, eta, reason);
    }

    private void RefuseIfDraining()
    {
        if (pauses is { Current.IsDraining: true })
            throw new QueueDrainingException();
    }

    /// <summary>The prompt with what its request says about how the model is to be loaded.</summary>
    private NewPrompt WithLoadOptions(NewPrompt prompt) =>
        prompt.Call is { } call && ApiRoute.Find(call.Endpoint) is not { Dialect.HasOptions: true } ? prompt
        : LoadOptions.Of((prompt.Call?.Body ?? prompt.Request).Span, options.OptionsOf(prompt.Model)) is { Length: > 0 } load
            ? prompt with { LoadOptions = load } : prompt;

    /// <summary>
    /// How long until a queued prompt has probably ended: not before its next attempt is due and has run and, for a bulk prompt, as if it
    /// and all before it were run only in its hours.
    /// </summary>
    private async Task<TimeSpan?> EtaAsync(Prompt prompt, long position, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var hours = QueueRank.IsBulk(prompt.Priority) ? options.BulkHours : null;
        var eta = In(hours, now, await waitEstimator.EtaAsync(position, cancellationToken));
        if (prompt.AvailableAt - now is not { Ticks: > 0 } backOff)
            return eta;
        var due = backOff + In(hours, now + backOff, await waitEstimator.EtaAsync(1, cancellationToken));
        return due > eta ? due : eta;
    }

    private static TimeSpan? In(BulkHours? hours, DateTimeOffset now, TimeSpan? work) =>
        hours is not null && work is { } time ? hours.UntilDone(now, time) : work;

    /// <summary>
    /// Waits until a prompt has ended, but not for longer than <paramref name="timeout"/>. Returns it as it is then; null: it was deleted.
    /// </summary>
    public async Task<Prompt?> WaitUntilEndedAsync(Prompt prompt, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var subscription = reader.Notifier.Subscribe(prompt.Seq, text: false);
        var started = time.GetTimestamp();
        while (await reader.FindAsync(prompt.Id, cancellationToken) is { } now && now.Seq == prompt.Seq)
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
        var prompt = await commands.CancelAsync(id, cancellationToken);
        running.Notify(id);
        return prompt;
    }

    /// <summary>Queues a prompt again that failed or was cancelled.</summary>
    public async Task<ChangeResult> RetryAsync(Guid id, CancellationToken cancellationToken)
    {
        var change = await commands.RetryAsync(id, cancellationToken);
        signal.Raise();
        return change;
    }

    /// <summary>Gives a queued prompt another priority.</summary>
    public Task<ChangeResult> ChangePriorityAsync(Guid id, int priority, CancellationToken cancellationToken) =>
        commands.ChangePriorityAsync(id, priority, cancellationToken);

    /// <summary>Removes a prompt, in whatever status; false if there is none with this id.</summary>
    public async Task<bool> DeleteAsync(Guid id, CancellationToken cancellationToken)
    {
        var deleted = await commands.DeleteAsync(id, cancellationToken);
        running.Notify(id);
        return deleted;
    }
}
