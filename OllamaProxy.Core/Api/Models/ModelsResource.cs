using OllamaProxy.Ollama;

namespace OllamaProxy.Api.Models;

/// <summary>The installed models, as clients see them.</summary>
/// <param name="Models">The models, as Ollama orders them: the latest changed first.</param>
/// <param name="Default">The model of prompts that name none; it may not be installed.</param>
public sealed record ModelsResource(IReadOnlyList<ModelResource> Models, string Default)
{
    /// <summary>Makes it.</summary>
    public static ModelsResource Of(IEnumerable<OllamaModel> models, string byDefault) =>
        new([.. models.Select(ModelResource.Of)], byDefault);
}

/// <summary>An installed model, as clients see it.</summary>
/// <param name="Name">Its name, with a tag.</param>
/// <param name="Size">Its size on disk, in bytes.</param>
/// <param name="ModifiedAt">When it was installed or changed.</param>
/// <param name="ParameterSize">Such as <c>3.2B</c>.</param>
/// <param name="QuantizationLevel">Such as <c>Q4_K_M</c>.</param>
/// <param name="Capabilities">
/// What it can do, such as <c>completion</c>, <c>thinking</c> or <c>embedding</c>; null: Ollama does not say.
/// </param>
public sealed record ModelResource(
    string Name, long? Size, DateTimeOffset? ModifiedAt, string? ParameterSize, string? QuantizationLevel,
        IReadOnlyList<string>? Capabilities)
{
    /// <summary>Makes it.</summary>
    public static ModelResource Of(OllamaModel model) => new(
        model.Name, model.Size, model.ModifiedAt, model.Details?.ParameterSize, model.Details?.QuantizationLevel, model.Capabilities);
}

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
