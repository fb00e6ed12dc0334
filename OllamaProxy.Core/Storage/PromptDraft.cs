using OllamaProxy.Prompts;

namespace OllamaProxy.Storage;

/// <summary>What becomes of a submission once it is stored.</summary>
internal static class PromptDraft
{
    /// <summary>For how long an idempotency key is good, as it is with other services that have them.</summary>
    public static readonly TimeSpan KeyLifetime = TimeSpan.FromHours(24);

    /// <summary>What stands in place of fields that are too long for their column.</summary>
    public static readonly ReadOnlyMemory<byte> NoFields = "{}"u8.ToArray();

    /// <summary>
    /// What a submission will be once it is inserted, but for its number: to be made before the writer's turn, whose time is precious.
    /// </summary>
    public static Prompt Of(NewPrompt prompt, Guid? batch, TimeSpan ageingStep, DateTimeOffset now) => new()
    {
        Id = prompt.Id ?? Guid.CreateVersion7(now),
        Seq = 0,
        Status = PromptStatus.Queued,
        Model = prompt.Model.Length > 0 ? prompt.Model : null,
        LoadOptions = prompt.LoadOptions,
        Endpoint = prompt.Call?.Endpoint,
        Priority = prompt.Priority,
        Rank = QueueRank.Of(now, prompt.Priority, ageingStep),
        MaxAttempts = prompt.MaxAttempts,
        Owner = prompt.Owner,
        Account = prompt.Account,
        TraceParent = prompt.TraceParent,
        Batch = batch,
        ExpiresAt = StoredTime.ToMilliseconds(now + prompt.ExpiresIn),
        CreatedAt = StoredTime.ToMicroseconds(now),
        UpdatedAt = StoredTime.ToMicroseconds(now),
    };

    /// <summary>The same prompt where it is claimed as it is submitted.</summary>
    public static Prompt Started(Prompt draft, DateTimeOffset now) =>
        draft with { Status = PromptStatus.Processing, Attempts = 1, StartedAt = StoredTime.ToMicroseconds(now) };

    /// <summary>The claim of a prompt that is claimed as it is submitted.</summary>
    public static ClaimedPrompt Claimed(NewPrompt prompt, Prompt started, Lease lease) =>
        new(started.Id, lease, started.Attempts, prompt.Text, prompt.Request)
        {
            StartedAt = started.StartedAt!.Value,
            Call = prompt.Call,
            IsAwaited = prompt.ClientLease is not null,
            Model = prompt.Model,
            MaxAttempts = prompt.MaxAttempts,
            Timeout = prompt.Timeout,
        };
}
