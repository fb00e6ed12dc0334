using System.Text.Json.Serialization;

namespace OllamaProxy.Ollama;

/// <summary>A model, as <c>/api/tags</c> tells of it where it is installed, and <c>/api/ps</c> where it is loaded.</summary>
public sealed record OllamaModel
{
    /// <summary>Its name, with a tag.</summary>
    public required string Name { get; init; }

    /// <summary>Its size on disk or, loaded, in memory, in bytes.</summary>
    public long? Size { get; init; }

    /// <summary>When it was installed or changed.</summary>
    public DateTimeOffset? ModifiedAt { get; init; }

    /// <summary>What it is made of.</summary>
    public OllamaModelDetails? Details { get; init; }

    /// <summary>What it can do, such as <c>completion</c>, <c>thinking</c> or <c>embedding</c>.</summary>
    public IReadOnlyList<string>? Capabilities { get; init; }

    /// <summary>Of a loaded one: how much of it is in the memory of a graphics card, in bytes.</summary>
    public long? SizeVram { get; init; }

    /// <summary>Of a loaded one: how many tokens its context holds; versions of Ollama from before July 2025 do not say.</summary>
    public long? ContextLength { get; init; }

    /// <summary>Of a loaded one: when it will be unloaded unless it is used.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }
}

/// <summary>What a model is made of.</summary>
/// <param name="ParameterSize">Such as <c>3.2B</c>.</param>
/// <param name="QuantizationLevel">Such as <c>Q4_K_M</c>.</param>
public sealed record OllamaModelDetails(string? ParameterSize, string? QuantizationLevel);

/// <summary>The answer of <c>/api/tags</c> and <c>/api/ps</c>.</summary>
/// <param name="Models">The models.</param>
internal sealed record OllamaModels(IReadOnlyList<OllamaModel?>? Models)
{
    /// <summary>Those that have a name; null: there is no list.</summary>
    [JsonIgnore]
    public IReadOnlyList<OllamaModel>? Known =>
        Models is null ? null : [.. Models.OfType<OllamaModel>().Where(model => !string.IsNullOrEmpty(model.Name))];
}

/// <summary>The answer of <c>/api/version</c>.</summary>
/// <param name="Version">Such as <c>0.33.0</c>.</param>
internal sealed record OllamaVersion(string? Version);
