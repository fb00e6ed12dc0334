namespace OllamaProxy.Prompts;

/// <summary>The figures that Ollama sends at the end of a generation. Durations are in nanoseconds; null: not sent.</summary>
public sealed record GenerationStatistics
{
    /// <summary>No figures.</summary>
    public static readonly GenerationStatistics None = new();

    /// <summary>Why the model stopped: <c>stop</c>, or <c>length</c> where the answer was cut.</summary>
    public string? DoneReason { get; init; }

    /// <summary>The whole generation, including the loading of the model.</summary>
    public long? TotalDuration { get; init; }

    /// <summary>The loading of the model.</summary>
    public long? LoadDuration { get; init; }

    /// <summary>The tokens of the prompt.</summary>
    public long? PromptEvalCount { get; init; }

    /// <summary>The evaluation of the prompt.</summary>
    public long? PromptEvalDuration { get; init; }

    /// <summary>The tokens of the answer.</summary>
    public long? EvalCount { get; init; }

    /// <summary>The generation of the answer.</summary>
    public long? EvalDuration { get; init; }
}
