namespace OllamaProxy.Ollama;

/// <summary>
/// A line of Ollama's answer to <c>/api/generate</c>, or a part of one to another route in the same words. Durations are in nanoseconds.
/// </summary>
public sealed record GenerateChunk
{
    /// <summary>A piece of the answer.</summary>
    public string? Response { get; init; }

    /// <summary>A piece of what the model thinks.</summary>
    public string? Thinking { get; init; }

    /// <summary>Whether this is the last line, which has the figures.</summary>
    public bool Done { get; init; }

    /// <summary>Why the model stopped.</summary>
    public string? DoneReason { get; init; }

    /// <summary>The whole generation.</summary>
    public long? TotalDuration { get; init; }

    /// <summary>Loading the model.</summary>
    public long? LoadDuration { get; init; }

    /// <summary>Tokens in the prompt.</summary>
    public long? PromptEvalCount { get; init; }

    /// <summary>Reading the prompt.</summary>
    public long? PromptEvalDuration { get; init; }

    /// <summary>Tokens in the answer.</summary>
    public long? EvalCount { get; init; }

    /// <summary>Writing the answer.</summary>
    public long? EvalDuration { get; init; }

    /// <summary>What went wrong mid-way; it ends the answer.</summary>
    public string? Error { get; init; }
}
