using System.Text.Json;
using System.Text.Json.Nodes;
using OllamaProxy.Simulator.Http;

namespace OllamaProxy.Simulator.Generation;

/// <summary>Generates answers for the <c>format</c> of a request.</summary>
internal static class StructuredOutput
{
    /// <summary>The error in a format; null: there is none.</summary>
    public static string? Check(JsonElement? format)
    {
        if (format is not { } value || value.ValueKind is JsonValueKind.Object) return null;
        if (value.ValueKind is JsonValueKind.String && value.GetString() is "" or "json") return null;
        var quoted = value.GetRawText().Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);
        return $"invalid format: \"{quoted}\"; expected \"json\" or a valid JSON Schema object";
    }

    /// <summary>The answer as JSON in this format, the same for the same format and prompt; null: the answer is text.</summary>
    public static string? JsonFor(string prompt, JsonElement? format) => format switch
    {
        { ValueKind: JsonValueKind.Object } schema => JsonReply.ToText(SampleJson.Of(schema) ?? new JsonObject()),
        { ValueKind: JsonValueKind.String } text when text.GetString() is "json" => AnyObject(prompt),
        _ => null,
    };

    /// <summary>The answer as JSON where any object is allowed.</summary>
    public static string AnyObject(string prompt) =>
        JsonReply.ToText(new JsonObject { ["answer"] = Simulation.AnswerTo(prompt) });
}
