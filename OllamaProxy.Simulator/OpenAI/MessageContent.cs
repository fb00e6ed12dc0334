using System.Text.Json;
using OllamaProxy.Simulator.Go;
using OllamaProxy.Simulator.Http;

namespace OllamaProxy.Simulator.OpenAI;

/// <summary>Parses the <c>content</c> of a message: a text, or an array of parts, some with texts.</summary>
internal static class MessageContent
{
    /// <summary>The text, or the texts of all parts together.</summary>
    /// <exception cref="OllamaException">The content is neither.</exception>
    public static string Read(GoObject message) => message.Any("content") switch
    {
        { ValueKind: JsonValueKind.String } text => text.GetString()!,
        { ValueKind: JsonValueKind.Array } parts => string.Concat(parts.EnumerateArray().Select(TextOf)),
        null when message.Any("tool_calls") is not null => "",
        var other => throw OllamaException.BadRequest($"invalid message content type: {GoTypeOf(other)}"),
    };

    private static string TextOf(JsonElement part)
    {
        if (part.ValueKind is not JsonValueKind.Object) throw Invalid();
        return Text(part, "type") switch
        {
            "text" => Text(part, "text") ?? throw Invalid(),
            "image_url" or "input_audio" => "",
            _ => throw Invalid(),
        };
    }

    private static string? Text(JsonElement part, string field) =>
        part.TryGetProperty(field, out var value) && value.ValueKind is JsonValueKind.String ? value.GetString() : null;

    private static OllamaException Invalid() => OllamaException.BadRequest("invalid message format");

    private static string GoTypeOf(JsonElement? content) => content?.ValueKind switch
    {
        null => "<nil>",
        JsonValueKind.Number => "float64",
        JsonValueKind.Object => "map[string]interface {}",
        _ => "bool",
    };
}
