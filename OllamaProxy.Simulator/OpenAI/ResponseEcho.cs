using System.Text.Json;
using System.Text.Json.Nodes;
using OllamaProxy.Simulator.Go;

namespace OllamaProxy.Simulator.OpenAI;

/// <summary>The fields of a request that its response repeats.</summary>
internal sealed record ResponseEcho(
    JsonNode? Instructions, JsonArray Tools, string Truncation, JsonNode Format, double TopP, double Temperature, JsonNode? Reasoning,
    int? MaxOutputTokens, bool Background)
{
    public static ResponseEcho Read(GoObject fields) => new(
        fields.Text("instructions") is { Length: > 0 } instructions ? instructions : null,
        [.. ReadTools(fields)],
        fields.Any("truncation") is null ? "disabled" : fields.Text("truncation"),
        ReadFormat(fields),
        ReadNumber(fields, "top_p"),
        ReadNumber(fields, "temperature"),
        ReadReasoning(fields),
        fields.Integer("max_output_tokens"),
        fields.Flag("background") ?? false);

    private static IEnumerable<JsonNode> ReadTools(GoObject fields)
    {
        if (fields.Value("tools", JsonValueKind.Array, "[]openai.ResponsesTool") is not { } tools) yield break;
        foreach (var tool in tools.EnumerateArray().Where(tool => tool.ValueKind is JsonValueKind.Object))
            yield return Pick(tool, "type", "name", "description", "strict", "parameters");
    }

    private static JsonNode ReadFormat(GoObject fields) =>
        fields.Any("text") is { ValueKind: JsonValueKind.Object } text && text.TryGetProperty("format", out var format)
        && format.ValueKind is JsonValueKind.Object
            ? JsonNode.Parse(format.GetRawText())!
            : new JsonObject { ["type"] = "text" };

    private static JsonObject? ReadReasoning(GoObject fields) =>
        fields.Any("reasoning") is { ValueKind: JsonValueKind.Object } reasoning && reasoning.EnumerateObject().Any()
            ? Pick(reasoning, "effort", "summary")
            : null;

    private static double ReadNumber(GoObject fields, string name) => fields.Value(name, JsonValueKind.Number, "float64")?.GetDouble() ?? 1;

    private static JsonObject Pick(JsonElement from, params ReadOnlySpan<string> names)
    {
        var picked = new JsonObject();
        foreach (var name in names) picked[name] = from.TryGetProperty(name, out var value) ? JsonNode.Parse(value.GetRawText()) : null;
        return picked;
    }
}
