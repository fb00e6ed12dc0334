namespace OllamaProxy.Prompts;

/// <summary>
/// A stored prompt without its texts, which can be large: those are <see cref="PromptContent"/> and <see cref="PromptResult"/>.
/// </summary>
public sealed record Prompt
{
    /// <summary>
    /// The id that clients use: a UUID, of version 7 unless a client chose it or it was imported from the original program.
    /// </summary>
    public required Guid Id { get; init; }

    /// <summary>Its number in order of arrival. Ids do not sort.</summary>
    public required long Seq { get; init; }

    /// <summary>The status.</summary>
    public required PromptStatus Status { get; init; }

    /// <summary>The model; null where a call, or another program that wrote the row, named none.</summary>
    public string? Model { get; init; }

    /// <summary>The options that the model is loaded with; see <see cref="NewPrompt.LoadOptions"/>.</summary>
    public string LoadOptions { get; init; } = "";

    /// <summary>The route that a call came in by, such as <c>/api/chat</c>; null: the prompt was submitted.</summary>
    public string? Endpoint { get; init; }

    /// <summary>The priority that it was queued with.</summary>
    public int Priority { get; init; }

    /// <summary>The primary key of the queue's order; see <see cref="QueueRank"/>.</summary>
    public required long Rank { get; init; }

    /// <summary>How many counted attempts were started, including a running one.</summary>
    public int Attempts { get; init; }

    /// <summary>How many attempts it may use up; null: as the settings say.</summary>
    public int? MaxAttempts { get; init; }

    /// <summary>Whose prompt it is, as in <see cref="NewPrompt.Owner"/>.</summary>
    public string? Owner { get; init; }

    /// <summary>To whom its tokens are charged, as in <see cref="NewPrompt.Account"/>.</summary>
    public string? Account { get; init; }

    /// <summary>The span that submitted it, as in <see cref="NewPrompt.TraceParent"/>.</summary>
    public string? TraceParent { get; init; }

    /// <summary>The batch that it was submitted in; null: none.</summary>
    public Guid? Batch { get; init; }

    /// <summary>When it fails unless it has been started by then; null: never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>When the next attempt of a queued prompt is due, which may be in the past; null: at once.</summary>
    public DateTimeOffset? AvailableAt { get; init; }

    /// <summary>When it was submitted.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When its status or priority last changed.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>When the running or the last attempt was started; null while it is queued.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When it ended, whether it succeeded or not; null: it has not.</summary>
    public DateTimeOffset? CompletedAt { get; init; }

    /// <summary>Why it failed or, while it waits for another attempt, why the last one did.</summary>
    public string? Error { get; init; }

    /// <summary>
    /// How many tokens of the prompt the model was given, where Ollama seems to have cut the rest to make it fit the context; null: there
    /// is no sign of that.
    /// </summary>
    public long? TruncatedTo { get; init; }

    /// <summary>Whether it was cancelled only because its <see cref="ClientLease"/> ran out.</summary>
    public bool IsAbandoned => Status == PromptStatus.Cancelled && Error == ClientLease.Gone;
}
