using System.Text.Json.Serialization;

namespace OllamaProxy.Ollama;

/// <summary>The answer of <c>/api/tags</c> and <c>/api/ps</c>.</summary>
/// <param name="Models">The models.</param>
internal sealed record OllamaModels(IReadOnlyList<OllamaModel?>? Models)
{
    /// <summary>Those that have a name; null: there is no list.</summary>
    [JsonIgnore]
    public IReadOnlyList<OllamaModel>? Known => Models is null ? null : [.. Models.OfType<OllamaModel>().Where(model => !string.IsNullOrEmpty(model.Name))];
}
