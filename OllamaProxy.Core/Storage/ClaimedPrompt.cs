using OllamaProxy.Prompts;

namespace OllamaProxy.Storage;

/// <summary>A prompt that a worker has claimed, with everything that is needed to run it.</summary>
/// <param name="Id">The prompt's id.</param>
/// <param name="Lease">The worker's lease on it.</param>
/// <param name="Attempt">The number of this attempt, from 1.</param>
/// <param name="Text">The prompt's text.</param>
/// <param name="Request">The client's other fields for Ollama; see <see cref="NewPrompt.Request"/>.</param>
public sealed record ClaimedPrompt(Guid Id, Lease Lease, int Attempt, string Text, ReadOnlyMemory<byte> Request)
{
    /// <summary>When this attempt was started, exactly as <see cref="Prompt.StartedAt"/> has it.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>
    /// The clocks before the claim was asked for. By these the lease has run out no later than by the store's, however long that took to
    /// answer.
    /// </summary>
    public ClockReading LeaseCountsFrom { get; init; }

    /// <summary>The whole text in the store, where it is so long that <see cref="Text"/> is only its beginning; otherwise null.</summary>
    public LongText? LongText { get; init; }

    /// <summary>
    /// The client's other fields in the store, where they are so long that <see cref="Request"/> is left empty; otherwise null.
    /// </summary>
    public LongText? LongRequest { get; init; }

    /// <summary>The error of a prompt whose stored text or call is damaged, so that it must not be run; null: it is intact.</summary>
    public string? Damage { get; init; }

    /// <summary>The call that came in; null: the prompt was submitted.</summary>
    public ApiCall? Call { get; init; }

    /// <summary>Whether a client waits for the answer to its call on an open connection, to this process or to another one.</summary>
    public bool IsAwaited { get; init; }

    /// <summary>The model; null: the worker's default.</summary>
    public string? Model { get; init; }

    /// <summary>The options that its model is loaded with; see <see cref="NewPrompt.LoadOptions"/>.</summary>
    public string LoadOptions { get; init; } = "";

    /// <summary>The prompt as it was queued; null: it was not claimed to be run.</summary>
    public QueuedPrompt? Queued { get; init; }

    /// <summary>To whom it is charged; null: nobody in particular.</summary>
    public string? Account => Queued?.Account is { Length: > 0 } account ? account : null;

    /// <summary>How many attempts it may use up; null: as the settings say.</summary>
    public int? MaxAttempts { get; init; }

    /// <summary>The error of the attempt before this one; null: this is the first, or the last one had no error.</summary>
    public string? LastError { get; init; }

    /// <summary>How long the attempt may take; null: as the settings say.</summary>
    public TimeSpan? Timeout { get; init; }
}
