using OllamaProxy.Protocol;

namespace OllamaProxy.Configuration;

/// <summary>A backend as <c>OLLAMA_URL</c> names it.</summary>
/// <param name="Endpoint">Where it is.</param>
public sealed record BackendOptions(OllamaEndpoint Endpoint)
{
    /// <summary>How many prompts it runs at once; null: <c>OLLAMA_CONCURRENCY</c>.</summary>
    public int? Concurrency { get; init; }

    /// <summary>The only models that it is asked for, of those that it has; empty: all of them.</summary>
    public IReadOnlyList<string> Models { get; init; } = [];

    /// <summary>What every request to it says beside its own headers: the credentials. They are secret, and go nowhere else.</summary>
    public HeaderList Headers { get; init; } = HeaderList.Empty;

    /// <summary>The proxy that stands in between; null: none.</summary>
    public BackendProxy? Proxy { get; init; }
}
