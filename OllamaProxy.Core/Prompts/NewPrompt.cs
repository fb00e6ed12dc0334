namespace OllamaProxy.Prompts;

/// <summary>What a client submits, checked and ready to be stored.</summary>
/// <param name="Text">The prompt's text; of a call, the last that the user says in it, which may be nothing.</param>
/// <param name="Model">The model that will run it, fixed now; empty for a call that names none.</param>
/// <param name="Request">
/// The client's other fields for Ollama: a JSON object in UTF-8, each value byte for byte as it came in. It holds
/// <c>prompt</c> too where the client wrote that in another way than we would.
/// </param>
public sealed record NewPrompt(string Text, string Model, ReadOnlyMemory<byte> Request)
{
    /// <summary>
    /// The whole text in UTF-8, where it is so long that <see cref="Text"/> is but its beginning; null: <see cref="Text"/> is all of it.
    /// It,
    /// <see cref="Request"/> and the body of a <see cref="Call"/> must not change until the prompt is stored.
    /// </summary>
    public ReadOnlyMemory<byte>? LongText { get; init; }

    /// <summary>An id of the client's own, or one that is known to be new; null: a new one.</summary>
    public Guid? Id { get; init; }

    /// <summary>A hash of all that the client sent, by which the same submission is known again; null: it is not to be.</summary>
    public ReadOnlyMemory<byte>? Fingerprint { get; init; }

    /// <summary>The client's name for this submission, good for a day; null: none. Goes with <see cref="Fingerprint"/>.</summary>
    public string? IdempotencyKey { get; init; }

    /// <summary>The call of Ollama's API that it is; null: it was submitted, and <see cref="Request"/> is what goes to Ollama.</summary>
    public ApiCall? Call { get; init; }

    /// <summary>The connection on which a client waits for it; null: none does, and it outlives whoever submitted it.</summary>
    public ClientLease? ClientLease { get; init; }

    /// <summary>A head start in the queue, -100 to 100; see <see cref="QueueRank"/>.</summary>
    public int Priority { get; init; }

    /// <summary>How many attempts it may use up; null: the setting <c>OLLAMA_MAX_ATTEMPTS</c> of whoever runs it.</summary>
    public int? MaxAttempts { get; init; }

    /// <summary>How long one attempt may take; null: the setting <c>OLLAMA_TIMEOUT</c> of whoever runs it.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>How long it may wait in the queue before it fails; null: for ever.</summary>
    public TimeSpan? ExpiresIn { get; init; }

    /// <summary>A JSON object in UTF-8 that belongs to the client and is handed back as it came; null: none.</summary>
    public ReadOnlyMemory<byte>? Metadata { get; init; }
}
