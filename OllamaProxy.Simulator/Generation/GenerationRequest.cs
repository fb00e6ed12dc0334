namespace OllamaProxy.Simulator.Generation;

/// <summary>A request to a model, parsed from any API, with the formats of its answer.</summary>
internal sealed record GenerationRequest
{
    public required string Model { get; init; }

    /// <summary>
    /// Whether a request without a model is rejected for that; otherwise the model of an empty name is reported as missing.
    /// </summary>
    public bool RequiresModel { get; init; }

    /// <summary>The error for a missing model.</summary>
    public string NotFound { get => field ?? $"model '{Model}' not found"; init; }

    /// <summary>The prompt, or the text of the last message of a chat.</summary>
    public required string Prompt { get; init; }

    /// <summary>Whether the request only loads or unloads the model, and generates nothing.</summary>
    public bool OnlyLoads { get; init; }

    /// <summary>Whether the answer is an embedding of the prompt, of which as much is taken as the context holds.</summary>
    public bool IsEmbedding { get; init; }

    /// <summary>How long the model stays loaded afterwards; null: the default.</summary>
    public TimeSpan? KeepAlive { get; init; }

    public required ModelOptions Options { get; init; }

    /// <summary>The error in <c>format</c>; null: there is none. Ollama reports it only once the model is found.</summary>
    public string? FormatError { get; init; }

    public bool Think { get; init; }

    /// <summary>The answer as JSON, where a format was requested; null: the answer is text.</summary>
    public string? Json { get; init; }

    /// <summary>The tool call that is the answer; null: the answer is text.</summary>
    public ToolCall? ToolCall { get; init; }

    /// <summary>Whether the answer includes its <c>context</c>.</summary>
    public bool HasContext { get; init; }

    public required IWholeFormat Whole { get; init; }

    /// <summary>The format of a streamed answer; null: it is not streamed.</summary>
    public IStreamFormat? Stream { get; init; }
}
