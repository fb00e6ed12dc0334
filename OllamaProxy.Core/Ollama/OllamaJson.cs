using System.Text.Json.Serialization;

namespace OllamaProxy.Ollama;

/// <summary>The JSON that Ollama answers with.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(OllamaVersion))]
[JsonSerializable(typeof(OllamaModels))]
internal sealed partial class OllamaJson : JsonSerializerContext;
