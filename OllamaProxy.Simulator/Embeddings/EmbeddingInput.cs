using System.Text.Json;
using OllamaProxy.Simulator.Http;

namespace OllamaProxy.Simulator.Embeddings;

/// <summary>Parses the texts to embed: one text, or an array of texts.</summary>
internal static class EmbeddingInput
{
    /// <exception cref="OllamaException">The input is neither.</exception>
    public static IReadOnlyList<string> Read(JsonElement? input) => input switch
    {
        null => [],
        { ValueKind: JsonValueKind.String } text => text.GetString() is { Length: > 0 } some ? [some] : [],
        { ValueKind: JsonValueKind.Array } texts => [.. texts.EnumerateArray().Select(TextOf)],
        _ => throw Invalid(),
    };

    private static string TextOf(JsonElement text) => text.ValueKind is JsonValueKind.String ? text.GetString()! : throw Invalid();

    private static OllamaException Invalid() => OllamaException.BadRequest("invalid input type");
}
