namespace OllamaProxy.Ollama;

/// <summary>A backend as <c>OLLAMA_URL</c> names it.</summary>
/// <param name="Endpoint">Where it is.</param>
public sealed record BackendSetting(OllamaEndpoint Endpoint)
{
    /// <summary>How many prompts it runs at once; null: <c>OLLAMA_CONCURRENCY</c>.</summary>
    public int? Concurrency { get; init; }

    /// <summary>The only models that it is asked for, of those that it has; empty: all of them.</summary>
    public IReadOnlyList<string> Models { get; init; } = [];
}
