namespace OllamaProxy.Prompts;

/// <summary>A stored prompt, without its texts, which can be large: see <see cref="PromptContent"/> and <see cref="PromptResult"/>.</summary>
public sealed record Prompt
{
    /// <summary>What clients know it by: a UUID, of version 7 unless the prompt was taken over from the original program.</summary>
    public required Guid Id { get; init; }

    /// <summary>Its number in order of arrival. Ids do not sort.</summary>
    public required long Seq { get; init; }

    /// <summary>Where it is in its life.</summary>
    public required PromptStatus Status { get; init; }

    /// <summary>The model; null where a call, or another program that wrote the prompt, named none.</summary>
    public string? Model { get; init; }

    /// <summary>The route that it came in by, if that is one of Ollama's, such as <c>/api/chat</c>; null: it was submitted.</summary>
    public string? Endpoint { get; init; }

    /// <summary>The head start that it was queued with.</summary>
    public int Priority { get; init; }

    /// <summary>Its place in the order of the queue; see <see cref="QueueRank"/>.</summary>
    public required long Rank { get; init; }

    /// <summary>How many attempts were started and count; the running one among them.</summary>
    public int Attempts { get; init; }

    /// <summary>How many attempts it may use up; null: what the settings say.</summary>
    public int? MaxAttempts { get; init; }

    /// <summary>The batch that it was submitted with; null: none.</summary>
    public Guid? Batch { get; init; }

    /// <summary>When it fails unless it was started; null: never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>While it is queued: when its next attempt is due, which may have passed; null: at once.</summary>
    public DateTimeOffset? AvailableAt { get; init; }

    /// <summary>When it was submitted.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When its status or priority last changed.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>When the running attempt, or that which ended it, was started; null while queued.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When it ended, in whatever way; null before.</summary>
    public DateTimeOffset? CompletedAt { get; init; }

    /// <summary>Why it failed or, while it waits for another attempt, why the last one did.</summary>
    public string? Error { get; init; }

    /// <summary>Whether it was cancelled only because its <see cref="ClientLease"/> was not heard of for the length of a lease.</summary>
    public bool IsAbandoned => Status == PromptStatus.Cancelled && Error == ClientLease.Gone;
}
