using OllamaProxy.Ollama;

namespace OllamaProxy.Api;

/// <summary>A model in the memory of an Ollama server, as clients see it.</summary>
/// <param name="Name">Its name, with a tag.</param>
/// <param name="Size">How much memory it takes, in bytes.</param>
/// <param name="SizeVram">How much of that is a graphics card's, in bytes.</param>
/// <param name="ExpiresAt">When it will be unloaded unless it is used.</param>
public sealed record LoadedModelResource(string Name, long? Size, long? SizeVram, DateTimeOffset? ExpiresAt)
{
    /// <summary>Makes it.</summary>
    public static LoadedModelResource Of(OllamaModel model) => new(model.Name, model.Size, model.SizeVram, model.ExpiresAt);
}
