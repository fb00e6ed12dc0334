using System.Text.Json;
using OllamaProxy.Simulator.Generation;

namespace OllamaProxy.Simulator.Embeddings;

/// <summary>The answer of <c>/api/embeddings</c>: one vector, which is empty for an empty prompt.</summary>
internal sealed class EmbeddingsFormat(string prompt) : IWholeFormat
{
    public void Write(Utf8JsonWriter json, AnswerPart answer)
    {
        json.WriteStartObject();
        json.WriteStartArray("embedding");
        foreach (double number in prompt.Length > 0 ? Embedding.Of(prompt) : []) json.WriteNumberValue(number);
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
