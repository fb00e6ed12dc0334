using System.Buffers;
using System.Text.Json.Nodes;
using OllamaProxy.Simulator.Http;

namespace OllamaProxy.Simulator.OpenAI;

/// <summary>
/// Writes and numbers the events of a response. Ollama builds them as Go maps, whose fields are written in alphabetical order.
/// </summary>
internal sealed class ResponseEvents
{
    private int _number;

    public void Write(IBufferWriter<byte> stream, string type, JsonObject data)
    {
        data["type"] = type;
        data["sequence_number"] = _number++;
        ServerSentEvent.Write(stream, (JsonObject)Sorted(data)!, type);
    }

    private static JsonNode? Sorted(JsonNode? node) => node switch
    {
        JsonObject fields => new JsonObject(fields
            .OrderBy(field => field.Key, StringComparer.Ordinal)
            .Select(field => KeyValuePair.Create(field.Key, Sorted(field.Value)))),
        JsonArray items => new JsonArray([.. items.Select(Sorted)]),
        _ => node?.DeepClone(),
    };
}
