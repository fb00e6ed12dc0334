using OllamaProxy.Ollama;

namespace OllamaProxy.Api;

/// <summary>How an Ollama server is, as clients see it.</summary>
/// <param name="Url">Its address.</param>
/// <param name="Reachable">Whether it answers.</param>
/// <param name="Version">Its version; null unless it answers.</param>
/// <param name="LoadedModels">The models in its memory.</param>
/// <param name="Error">Why it cannot be asked; null if it can.</param>
public sealed record BackendResource(string Url, bool Reachable, string? Version, IReadOnlyList<LoadedModelResource> LoadedModels, string? Error)
{
    /// <summary>Of one that answers.</summary>
    public static BackendResource Of(OllamaEndpoint endpoint, string version, IEnumerable<OllamaModel> loaded) =>
        new(endpoint.ToString(), true, version, [.. loaded.Select(LoadedModelResource.Of)], null);

    /// <summary>Of one that does not.</summary>
    public static BackendResource Of(OllamaEndpoint endpoint, OllamaException failure) =>
        new(endpoint.ToString(), false, null, [], failure.Message);
}
