using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using OllamaProxy.Simulator.Generation;

namespace OllamaProxy.Simulator.Embeddings;

/// <summary>The answer of <c>/v1/embeddings</c>.</summary>
internal sealed class OpenAIEmbeddingFormat(string model, IReadOnlyList<string> inputs, int? dimensions, bool isBase64) : IWholeFormat
{
    public void Write(Utf8JsonWriter json, AnswerPart answer) => new JsonObject
    {
        ["object"] = "list",
        ["data"] = new JsonArray([.. inputs.Select(ToJson)]),
        ["model"] = model,
        ["usage"] = new JsonObject { ["prompt_tokens"] = answer.PromptTokens, ["total_tokens"] = answer.PromptTokens },
    }.WriteTo(json);

    private JsonObject ToJson(string input, int index)
    {
        var numbers = Embedding.Of(input, dimensions);
        return new()
        {
            ["object"] = "embedding",
            ["embedding"] = isBase64
                ? Convert.ToBase64String(MemoryMarshal.AsBytes<float>(numbers))
                : new JsonArray([.. numbers.Select(number => JsonValue.Create(number))]),
            ["index"] = index,
        };
    }
}
