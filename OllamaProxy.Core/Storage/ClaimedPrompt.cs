using OllamaProxy.Prompts;

namespace OllamaProxy.Storage;

/// <summary>A prompt that a worker has claimed, with all that it needs to run it.</summary>
/// <param name="Id">The prompt's id.</param>
/// <param name="Lease">The worker's lease on it.</param>
/// <param name="Attempt">The number of this attempt, from 1.</param>
/// <param name="Text">The prompt's text.</param>
/// <param name="Request">The client's other fields for Ollama; see <see cref="NewPrompt.Request"/>.</param>
public sealed record ClaimedPrompt(Guid Id, Lease Lease, int Attempt, string Text, ReadOnlyMemory<byte> Request)
{
    /// <summary>When this attempt was started, as the prompt tells it.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>The whole text where it is so long that <see cref="Text"/> is but its beginning; else null.</summary>
    public LongText? LongText { get; init; }

    /// <summary>The client's other fields where they are so long that <see cref="Request"/> is empty; else null.</summary>
    public LongText? LongRequest { get; init; }

    /// <summary>Why it must not be run, since it is not what the client handed in; null: it is sound.</summary>
    public string? Damage { get; init; }

    /// <summary>The call of Ollama's API that it is; null: it was submitted.</summary>
    public ApiCall? Call { get; init; }

    /// <summary>The model; null: the default of whoever runs it.</summary>
    public string? Model { get; init; }

    /// <summary>How many attempts it may use up; null: what the settings say.</summary>
    public int? MaxAttempts { get; init; }

    /// <summary>What the attempt before this one failed with; null: this is the first, or it did not say.</summary>
    public string? LastError { get; init; }

    /// <summary>How long the attempt may take; null: what the settings say.</summary>
    public TimeSpan? Timeout { get; init; }
}
