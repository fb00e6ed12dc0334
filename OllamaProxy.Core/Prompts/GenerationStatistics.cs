namespace OllamaProxy.Prompts;

/// <summary>The figures that Ollama sends when a generation is done. Durations are in nanoseconds; null: not sent.</summary>
public sealed record GenerationStatistics
{
    /// <summary>No figures.</summary>
    public static readonly GenerationStatistics None = new();

    /// <summary>Why the model stopped: <c>stop</c>, or <c>length</c> where the answer was cut.</summary>
    public string? DoneReason { get; init; }

    /// <summary>The whole generation, loading included.</summary>
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
}
