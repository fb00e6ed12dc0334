using System.Text.Json;
using System.Text.Json.Nodes;

namespace OllamaProxy.Protocol;

/// <summary>Finds the response in what <c>/v1/responses</c> answered.</summary>
internal static class ResponseAnswer
{
    /// <summary>The deepest nesting that is read: what walks it uses recursion.</summary>
    private static readonly JsonDocumentOptions Depth = new() { MaxDepth = 256 };

    /// <summary>
    /// The response, whole: the answer itself or, in an answer in events, that of its last one. Null: the answer broke off before, or
    /// cannot be read.
    /// </summary>
    public static JsonObject? Find(ReadOnlySpan<byte> answer)
    {
        answer = answer.Trim(" \t\r\n"u8);
        if (answer.StartsWith("{"u8))
            return Parse(answer);
        while (!answer.IsEmpty)
        {
            var start = answer.LastIndexOf((byte)'\n') + 1;
            var line = answer[start..].Trim(" \r"u8);
            if (line.StartsWith("data:"u8) && Parse(line["data:".Length..]) is { } data)
                return (string?)data["type"] is "response.completed" or "response.incomplete" or "response.failed"
                    && data["response"] is JsonObject response ? (JsonObject)response.DeepClone() : null;
            answer = start == 0 ? [] : answer[..(start - 1)];
        }
        return null;
    }

    /// <summary>A JSON object; null: it is none, or nested too deeply for code that uses recursion.</summary>
    public static JsonObject? Parse(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonNode.Parse(json, documentOptions: Depth) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The items of an input, which may be a text instead.</summary>
    public static IEnumerable<JsonNode> ItemsOf(JsonNode? input) => input switch
    {
        JsonArray items => items.OfType<JsonNode>(),
        JsonValue text when text.TryGetValue<string>(out var content) =>
            [new JsonObject { ["type"] = "message", ["role"] = "user", ["content"] = content }],
        _ => [],
    };
}
