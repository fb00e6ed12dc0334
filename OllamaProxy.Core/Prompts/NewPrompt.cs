using OllamaProxy.Callbacks;

namespace OllamaProxy.Prompts;

/// <summary>A submission, validated and ready to be stored.</summary>
/// <param name="Text">The prompt's text; for a call, the last text of the user, which may be empty.</param>
/// <param name="Model">The model that will run it, fixed at the submission; empty for a call that names none.</param>
/// <param name="Request">
/// The client's other fields for Ollama, as a JSON object in UTF-8 with each value byte for byte as it came in. It includes <c>prompt</c>
/// only where re-encoding <paramref name="Text"/> would give other bytes than the client sent.
/// </param>
public sealed record NewPrompt(string Text, string Model, ReadOnlyMemory<byte> Request)
{
    /// <summary>
    /// The whole text in UTF-8, where it is so long that <see cref="Text"/> is only its beginning; null: <see cref="Text"/> is all of it.
    /// This, <see cref="Request"/> and the body of <see cref="Call"/> must not change until the prompt is stored.
    /// </summary>
    public ReadOnlyMemory<byte>? LongText { get; init; }

    /// <summary>The id, chosen by the client or known to be new; null: the store chooses one.</summary>
    public Guid? Id { get; init; }

    /// <summary>
    /// A hash of everything that the client sent, by which a repeated submission is recognised; null: repetitions are not recognised.
    /// </summary>
    public ReadOnlyMemory<byte>? Fingerprint { get; init; }

    /// <summary>The client's idempotency key, valid for a day; null: none. Requires a <see cref="Fingerprint"/>.</summary>
    public string? IdempotencyKey { get; init; }

    /// <summary>The call to run; null: the prompt was submitted, and <see cref="Request"/> is sent to Ollama.</summary>
    public ApiCall? Call { get; init; }

    /// <summary>The lease of the client that waits on a connection; null: no client does, and the prompt outlives its submitter.</summary>
    public ClientLease? ClientLease { get; init; }

    /// <summary>Whose prompt it is: the name of the API key that it came with; null: it came without one.</summary>
    public string? Owner { get; init; }

    /// <summary>How much its owner may use: the store refuses what exceeds it.</summary>
    public OwnerLimits Limits { get; init; } = OwnerLimits.None;

    /// <summary>To whom its tokens are charged, which decides whose turn it is; null: nobody in particular.</summary>
    public string? Account { get; init; }

    /// <summary>
    /// The options of the request that Ollama fixes when it loads the model, as one text; see <see cref="Protocol.LoadOptions"/>. Prompts
    /// of one model that differ in them are run group by group, and not in turns.
    /// </summary>
    public string LoadOptions { get; init; } = "";

    /// <summary>The priority, -100 to 100: a head start in the queue; see <see cref="QueueRank"/>.</summary>
    public int Priority { get; init; }

    /// <summary>How many attempts it may use up; null: the worker's setting <c>OLLAMA_MAX_ATTEMPTS</c>.</summary>
    public int? MaxAttempts { get; init; }

    /// <summary>How long one attempt may take; null: the worker's setting <c>OLLAMA_TIMEOUT</c>.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>
    /// The span that submits it, as <c>traceparent</c> of W3C Trace Context (https://www.w3.org/TR/trace-context/): what is done with the
    /// prompt belongs to the same trace. Null: it belongs to none.
    /// </summary>
    public string? TraceParent { get; init; }

    /// <summary>How long it may wait in the queue before it fails; null: for ever.</summary>
    public TimeSpan? ExpiresIn { get; init; }

    /// <summary>Where the client is told how it ends; null: nowhere.</summary>
    public Callback? Callback { get; init; }

    /// <summary>The client's own JSON object in UTF-8, returned as it came; null: none.</summary>
    public ReadOnlyMemory<byte>? Metadata { get; init; }
}
