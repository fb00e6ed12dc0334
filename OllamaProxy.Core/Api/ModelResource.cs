using OllamaProxy.Ollama;

namespace OllamaProxy.Api;

/// <summary>An installed model, as clients see it.</summary>
/// <param name="Name">Its name, with a tag.</param>
/// <param name="Size">Its size on disk, in bytes.</param>
/// <param name="ModifiedAt">When it was installed or changed.</param>
/// <param name="ParameterSize">Such as <c>3.2B</c>.</param>
/// <param name="QuantizationLevel">Such as <c>Q4_K_M</c>.</param>
/// <param name="Capabilities">What it can do, such as <c>completion</c>, <c>thinking</c> or <c>embedding</c>; null: Ollama does not say.</param>
public sealed record ModelResource(
    string Name, long? Size, DateTimeOffset? ModifiedAt, string? ParameterSize, string? QuantizationLevel, IReadOnlyList<string>? Capabilities)
{
    /// <summary>Makes it.</summary>
    public static ModelResource Of(OllamaModel model) => new(
        model.Name, model.Size, model.ModifiedAt, model.Details?.ParameterSize, model.Details?.QuantizationLevel, model.Capabilities);
}
