namespace OllamaProxy.Simulator.Generation;

/// <summary>What a request asks a model for, whichever API it came through, and how the answer is to be written.</summary>
internal sealed record GenerationRequest
{
    public required string Model { get; init; }

    /// <summary>Whether a request that names no model is told so; else it is told that there is no model of that name.</summary>
    public bool RequiresModel { get; init; }

    /// <summary>The words for a model that is not there.</summary>
    public string NotFound { get => field ?? $"model '{Model}' not found"; init; }

    /// <summary>The prompt, or the text of the last message of a chat.</summary>
    public required string Prompt { get; init; }

    /// <summary>Whether it asks for no answer, and only has the model loaded or unloaded.</summary>
    public bool OnlyLoads { get; init; }

    /// <summary>How long the model stays loaded afterwards; null is the default.</summary>
    public TimeSpan? KeepAlive { get; init; }

    public required ModelOptions Options { get; init; }

    /// <summary>What is wrong with <c>format</c>; null if nothing is. Ollama says so only once the model is found.</summary>
    public string? FormatError { get; init; }

    public bool Think { get; init; }

    /// <summary>The JSON text that answers, where a format was asked for; null where words do.</summary>
    public string? Json { get; init; }

    /// <summary>The call of a tool that answers; null where a text does.</summary>
    public ToolCall? ToolCall { get; init; }

    /// <summary>Whether the answer's numbers include its <c>context</c>.</summary>
    public bool HasContext { get; init; }

    public required IWholeFormat Whole { get; init; }

    /// <summary>How the answer streams; null if it does not.</summary>
    public IStreamFormat? Stream { get; init; }
}
