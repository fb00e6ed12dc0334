using System.Text.Json;
using System.Text.Json.Nodes;
using OllamaProxy.Simulator.Http;

namespace OllamaProxy.Simulator.Generation;

/// <summary>What a <c>format</c> makes of an answer.</summary>
internal static class StructuredOutput
{
    /// <summary>What is wrong with a format; null if nothing is.</summary>
    public static string? Check(JsonElement? format)
    {
        if (format is not { } value || value.ValueKind is JsonValueKind.Object) return null;
        if (value.ValueKind is JsonValueKind.String && value.GetString() is "" or "json") return null;
        var quoted = value.GetRawText().Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);
        return $"invalid format: \"{quoted}\"; expected \"json\" or a valid JSON Schema object";
    }

    /// <summary>A JSON text of that format, the same for the same format and prompt; null where words are wanted.</summary>
    public static string? JsonFor(string prompt, JsonElement? format) => format switch
    {
        { ValueKind: JsonValueKind.Object } schema => JsonReply.ToText(SampleJson.Of(schema) ?? new JsonObject()),
        { ValueKind: JsonValueKind.String } text when text.GetString() is "json" => AnyObject(prompt),
        _ => null,
    };

    /// <summary>The JSON text of an answer that may be any object.</summary>
    public static string AnyObject(string prompt) =>
        JsonReply.ToText(new JsonObject { ["answer"] = Simulation.AnswerTo(prompt) });
}
