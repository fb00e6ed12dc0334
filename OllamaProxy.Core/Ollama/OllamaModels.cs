namespace OllamaProxy.Ollama;

/// <summary>The answer of <c>/api/tags</c> and <c>/api/ps</c>.</summary>
/// <param name="Models">The models.</param>
internal sealed record OllamaModels(IReadOnlyList<OllamaModel>? Models);
