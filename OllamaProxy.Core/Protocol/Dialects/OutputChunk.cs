namespace OllamaProxy.Protocol.Dialects;

/// <summary>What one part of an answer says, or a whole answer, in whatever dialect it came. Durations are in nanoseconds.</summary>
internal sealed record OutputChunk
{
    /// <summary>A piece of the answer.</summary>
    public string? Response { get; init; }

    /// <summary>A piece of what the model thinks.</summary>
    public string? Thinking { get; init; }

    /// <summary>Whether this is the last part, which has the figures.</summary>
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

    /// <summary>What went wrong midway, as text or as an error object in JSON.</summary>
    public string? Error { get; init; }

    /// <summary>
    /// The end of an answer that ended cleanly without saying that it was done: Ollama stops so when a model repeats a token
    /// some thirty times in a row (<c>llm/llama_server.go</c>: "token repeat limit reached").
    /// </summary>
    public static OutputChunk RepeatLimit { get; } = new() { Done = true, DoneReason = "repeat_limit" };
}
