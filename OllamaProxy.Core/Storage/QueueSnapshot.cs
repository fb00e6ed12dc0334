using System.Collections.Immutable;
using OllamaProxy.Prompts;

namespace OllamaProxy.Storage;

/// <summary>The state of the queue as the scheduler needs it: what can run, and what runs.</summary>
/// <param name="Queued">How many prompts are queued, due or not.</param>
/// <param name="Prompts">The first due prompts of the offered accounts and models, in the order of the queue.</param>
/// <param name="Running">The leases of all workers.</param>
/// <param name="IsPartial">Whether there are due prompts of accounts or models that are not offered.</param>
public sealed record QueueSnapshot(
    long Queued, IReadOnlyList<QueuedPrompt> Prompts, IReadOnlyList<RunningLease> Running, bool IsPartial = false)
{
    /// <summary>How many queued prompts are held back; see <see cref="SnapshotTerms.HoldsBulk"/>.</summary>
    public long Held { get; init; }

    /// <summary>How many prompts are queued and not held back.</summary>
    public long Pending => Queued - Held;

    /// <summary>All accounts with due prompts, whether or not these are offered.</summary>
    public ImmutableHashSet<string> Accounts { get; init; } = [];

    /// <summary>The accounts that have more due prompts than are offered of them.</summary>
    public IReadOnlySet<string> CutAccounts { get; init; } = ImmutableHashSet<string>.Empty;
}

/// <summary>A due prompt, with what the scheduler needs of it.</summary>
/// <param name="Seq">The number of the prompt; see <see cref="Prompt.Seq"/>.</param>
/// <param name="Model">The model; null: the worker's default, or none.</param>
/// <param name="Rank">The rank; see <see cref="QueueRank"/>.</param>
/// <param name="Priority">The priority.</param>
/// <param name="CreatedAt">When it was submitted.</param>
public sealed record QueuedPrompt(long Seq, string? Model, long Rank, int Priority, DateTimeOffset CreatedAt)
{
    /// <summary>The options that its model is loaded with; see <see cref="NewPrompt.LoadOptions"/>.</summary>
    public string LoadOptions { get; init; } = "";

    /// <summary>Whether it has a priority of 0 or below, so that it may not use the slots that backends reserve.</summary>
    public bool IsOrdinary => Priority <= 0;

    /// <summary>Whether it is a bulk prompt; see <see cref="QueueRank.IsBulk"/>.</summary>
    public bool IsBulk => QueueRank.IsBulk(Priority);

    /// <summary>The key by which the queue is ordered. Prompts of equal rank, such as those of a batch, run in order of arrival.</summary>
    public (long Rank, long Seq) Key => (Rank, Seq);

    /// <summary>To whom it is charged; empty: nobody in particular.</summary>
    public string Account { get; init; } = "";
}

/// <summary>A lease, with what the scheduler needs of it.</summary>
/// <param name="Worker">The worker that holds it; null: a worker of an older version.</param>
/// <param name="Slot">Identifies the slot: the same for leases that share one.</param>
/// <param name="Backend">The backend that runs the prompt.</param>
/// <param name="Model">The prompt's model.</param>
public sealed record RunningLease(Guid? Worker, string Slot, string Backend, string? Model)
{
    /// <summary>To whom the prompt is charged; empty: nobody in particular.</summary>
    public string Account { get; init; } = "";

    /// <summary>The prompt's priority.</summary>
    public int Priority { get; init; }

    /// <summary>The options that its model is loaded with; see <see cref="NewPrompt.LoadOptions"/>.</summary>
    public string LoadOptions { get; init; } = "";
}
