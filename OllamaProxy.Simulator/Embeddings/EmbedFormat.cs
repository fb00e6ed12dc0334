using System.Text.Json;
using OllamaProxy.Simulator.Generation;

namespace OllamaProxy.Simulator.Embeddings;

/// <summary>The answer of <c>/api/embed</c>.</summary>
internal sealed class EmbedFormat(string model, IReadOnlyList<string> inputs, int? dimensions) : IWholeFormat
{
    public void Write(Utf8JsonWriter json, AnswerPart answer)
    {
        json.WriteStartObject();
        json.WriteString("model", model);
        json.WriteStartArray("embeddings");
        foreach (var input in inputs)
        {
            json.WriteStartArray();
            foreach (var number in Embedding.Of(input, dimensions)) json.WriteNumberValue(number);
            json.WriteEndArray();
        }

        json.WriteEndArray();
        answer.Metrics?.WriteEmbedding(json);
        json.WriteEndObject();
    }
}
