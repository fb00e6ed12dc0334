using System.Text.Json;
using System.Text.Json.Nodes;

namespace OllamaProxy.Protocol;

/// <summary>Finds the response in what <c>/v1/responses</c> answered.</summary>
internal static class ResponseAnswer
{
    /// <summary>What walks it uses recursion, and has one value for each name.</summary>
    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 256, AllowDuplicateProperties = false };

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
                return data["type"].Text() is "response.completed" or "response.incomplete" or "response.failed"
                    && data["response"] is JsonObject response ? (JsonObject)response.DeepClone() : null;
            answer = start == 0 ? [] : answer[..(start - 1)];
        }
        return null;
    }

    /// <summary>
    /// A JSON object that can be read and written again; null: it is none, is nested too deeply, names a field twice, or holds half of a
    /// surrogate pair.
    /// </summary>
    public static JsonObject? Parse(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonReading.HasLoneSurrogate(json) ? null : JsonNode.Parse(json, documentOptions: Options) as JsonObject;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>The value of a string; null: it is none.</summary>
    public static string? Text(this JsonNode? value) =>
        value is JsonValue text && text.TryGetValue<string>(out var content) ? content : null;

    /// <summary>The items of an input, which may be a text instead.</summary>
    public static IEnumerable<JsonNode> ItemsOf(JsonNode? input) => input switch
    {
        JsonArray items => items.OfType<JsonNode>(),
        _ when input.Text() is { } content => [new JsonObject { ["type"] = "message", ["role"] = "user", ["content"] = content }],
        _ => [],
    };
}
