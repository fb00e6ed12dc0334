using OllamaProxy.Protocol;

namespace OllamaProxy.Configuration;

/// <summary>A backend, as <c>OLLAMA_URL</c> configures it.</summary>
/// <param name="Endpoint">Its address.</param>
public sealed record BackendOptions(OllamaEndpoint Endpoint)
{
    /// <summary>How many prompts it runs at once; null: <c>OLLAMA_CONCURRENCY</c>.</summary>
    public int? Concurrency { get; init; }

    /// <summary>How many of these are only for prompts of a priority above 0.</summary>
    public int Reserved { get; init; }

    /// <summary>The only models that it may be asked for; empty: all that it has.</summary>
    public IReadOnlyList<string> Models { get; init; } = [];

    /// <summary>Headers that are added to every request to it: its credentials. They are secret, and are sent nowhere else.</summary>
    public HeaderList Headers { get; init; } = HeaderList.Empty;

    /// <summary>The HTTP or SOCKS proxy in front of it; null: none.</summary>
    public BackendProxy? Proxy { get; init; }
}
