using OllamaProxy.Ollama;

namespace OllamaProxy.Api;

/// <summary>How an Ollama server is, as clients see it.</summary>
/// <param name="Url">Its address.</param>
/// <param name="Concurrency">How many prompts it runs at once.</param>
/// <param name="Reachable">Whether it answers.</param>
/// <param name="Version">Its version; null unless it tells it in time.</param>
/// <param name="LoadedModels">The models in its memory.</param>
/// <param name="Error">Why it cannot be asked; null if it can.</param>
public sealed record BackendResource(string Url, int Concurrency, bool Reachable, string? Version, IReadOnlyList<LoadedModelResource> LoadedModels, string? Error)
{
    /// <summary>Of one that answers.</summary>
    public static BackendResource Of(Backend backend, string? version, IEnumerable<OllamaModel> loaded) =>
        new(backend.Name, backend.State.Concurrency, true, version, [.. loaded.Select(LoadedModelResource.Of)], null);

    /// <summary>Of one that does not.</summary>
    public static BackendResource Of(Backend backend, OllamaException failure) =>
        new(backend.Name, backend.State.Concurrency, false, null, [], failure.Message);
}
