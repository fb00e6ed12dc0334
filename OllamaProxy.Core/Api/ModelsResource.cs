using OllamaProxy.Ollama;

namespace OllamaProxy.Api;

/// <summary>The installed models, as clients see them.</summary>
/// <param name="Models">The models, as Ollama orders them: the latest changed first.</param>
/// <param name="Default">The model of prompts that name none; it may not be installed.</param>
public sealed record ModelsResource(IReadOnlyList<ModelResource> Models, string Default)
{
    /// <summary>Makes it.</summary>
    public static ModelsResource Of(IEnumerable<OllamaModel> models, string byDefault) => new([.. models.Select(ModelResource.Of)], byDefault);
}
