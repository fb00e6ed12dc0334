using OllamaProxy.Prompts;
using OllamaProxy.Storage;

namespace OllamaProxy.Tests.Storage.Model;

/// <summary>All that an <see cref="IPromptStore"/> promises, in two lists.</summary>
internal sealed class StoreModel(TimeProvider time)
{
    /// <summary>In order of arrival.</summary>
    public List<ModelPrompt> Prompts { get; } = [];

    /// <summary>Those that count against the concurrency.</summary>
    public List<ModelLease> Leases { get; } = [];

    /// <summary>The queued prompts, in the order in which they run.</summary>
    public IEnumerable<ModelPrompt> Queue => With(PromptStatus.Queued).OrderBy(prompt => prompt.Shown.Rank);

    private DateTimeOffset Now => time.GetUtcNow();

    public IEnumerable<ModelPrompt> With(PromptStatus status) => Prompts.Where(prompt => prompt.Shown.Status == status);

    public ModelPrompt? FindEarlier(NewPrompt again) => Prompts.Find(prompt => prompt.Shown.Id == again.Id
        || (again.IdempotencyKey is { } key && key == prompt.Submitted.IdempotencyKey && again.Owner == prompt.Submitted.Owner
            && Now < prompt.Shown.CreatedAt.AddDays(1)));

    public bool IsFull(int more, long maxQueued) => maxQueued > 0 && Queue.Count() + more > maxQueued;

    /// <summary>Whether an owner would have more queued than they may.</summary>
    public bool IsOverLimit(NewPrompt prompt, int more) => prompt.Limits.MaxQueued is { } most
        && Queue.Count(queued => queued.Shown.Owner == prompt.Owner) + more > most;

    public bool Sweep()
    {
        Leases.RemoveAll(lease => lease.ExpiresAt <= Now);
        foreach (var prompt in With(PromptStatus.Processing).Where(prompt => !IsLeased(prompt)).ToList())
            if (prompt.Shown.Attempts < prompt.MaxAttempts)
                prompt.Queue(ModelPrompt.SomeError, default, Now);
            else
                prompt.End(PromptStatus.Failed, ModelPrompt.SomeError, prompt.Generated, Now);
        foreach (var prompt in Queue.Where(prompt => prompt.Shown.ExpiresAt <= Now).ToList())
            prompt.End(PromptStatus.Failed, ModelPrompt.SomeError, null, Now);
        return Queue.Any();
    }

    /// <param name="concurrency">How many slots there are.</param>
    /// <param name="after">The lease whose slot may be shared; null: none.</param>
    public ModelPrompt? Claim(int concurrency, ModelLease? after)
    {
        Sweep();
        var hasSlot = IsHeld(after) || Leases.DistinctBy(lease => lease.Slot).Count() < concurrency;
        var next = hasSlot ? Queue.FirstOrDefault(prompt => prompt.AvailableAt <= Now && !IsLeased(prompt)) : null;
        next?.Claim(Now);
        return next;
    }

    /// <summary>Whether the lease still takes up a slot, whatever else it is worth.</summary>
    public bool IsHeld(ModelLease? lease) => lease is not null && Leases.Contains(lease);

    public LeaseState LookAt(ModelLease lease) => !Leases.Contains(lease) || !Prompts.Contains(lease.Prompt) ? LeaseState.Lost
        : lease.Prompt.Shown.Status switch
        {
            PromptStatus.Processing => LeaseState.Held,
            PromptStatus.Cancelled => LeaseState.Cancelled,
            _ => LeaseState.Lost,
        };

    public LeaseState Renew(ModelLease lease, TimeSpan length)
    {
        var state = LookAt(lease);
        if (state == LeaseState.Held)
            lease.ExpiresAt = Now + length;
        return state;
    }

    public LeaseState Append(ModelLease lease, string text, string thinking, TimeSpan length)
    {
        var state = Renew(lease, length);
        if (state == LeaseState.Held)
            lease.Prompt.Append(text, thinking);
        return state;
    }

    public bool Complete(ModelLease lease, PromptResult result) =>
        Settle(lease, result, prompt => prompt.End(PromptStatus.Completed, null, result, Now));

    public bool Fail(ModelLease lease, string error, PromptResult? partial) =>
        Settle(lease, partial, prompt => prompt.End(PromptStatus.Failed, error, partial, Now));

    public bool Requeue(ModelLease lease, string error, DateTimeOffset availableAt, bool counts) => Settle(lease, null, prompt =>
    {
        prompt.Queue(error, availableAt, Now);
        if (!counts)
            prompt.Uncount();
    });

    public bool Release(ModelLease lease) => Settle(lease, null, prompt => prompt.Release(Now));

    public bool Stop(ModelLease lease, PromptResult? partial)
    {
        var cancelled = LookAt(lease) == LeaseState.Cancelled;
        Settle(lease, partial, _ => { });
        return cancelled;
    }

    public void Cancel(ModelPrompt prompt)
    {
        if (prompt.Shown.Status is PromptStatus.Queued or PromptStatus.Processing)
            prompt.End(PromptStatus.Cancelled, ModelPrompt.SomeError, prompt.Generated, Now);
    }

    public bool Retry(ModelPrompt prompt)
    {
        var allowed = prompt.Shown.Status is PromptStatus.Failed or PromptStatus.Cancelled;
        if (allowed)
            prompt.Retry(Now);
        return allowed;
    }

    public bool ChangePriority(ModelPrompt prompt, int priority)
    {
        var allowed = prompt.Shown.Status == PromptStatus.Queued;
        if (allowed)
            prompt.ChangePriority(priority, Now);
        return allowed;
    }

    public int Purge(DateTimeOffset endedBefore, int limit)
    {
        var old = Prompts.Where(prompt => prompt.Shown.CompletedAt < endedBefore)
            .OrderBy(prompt => prompt.Shown.CompletedAt).Take(limit).ToList();
        return Prompts.RemoveAll(old.Contains);
    }

    private bool IsLeased(ModelPrompt prompt) => Leases.Exists(lease => lease.Prompt == prompt);

    private bool Settle(ModelLease lease, PromptResult? partial, Action<ModelPrompt> settleHeld)
    {
        var state = LookAt(lease);
        Leases.Remove(lease);
        if (state == LeaseState.Held)
            settleHeld(lease.Prompt);
        if (state == LeaseState.Cancelled)
            lease.Prompt.Result = partial;
        return state == LeaseState.Held;
    }
}
