using System.Text.Json;
using OllamaProxy.Simulator.Go;
using OllamaProxy.Simulator.Http;

namespace OllamaProxy.Simulator.OpenAI;

/// <summary>Parses the <c>input</c> of a response: a text, or an array of messages, reasoning and tool calls.</summary>
internal static class ResponseInput
{
    public static bool IsEmpty(JsonElement? input) => input switch
    {
        null => true,
        { ValueKind: JsonValueKind.Array } items => items.GetArrayLength() == 0,
        { } text => text.ValueEquals(""),
    };

    /// <summary>The text, or that of the last item that has one.</summary>
    /// <exception cref="OllamaException">The input is neither.</exception>
    public static string LastText(JsonElement? input) => input switch
    {
        null => "",
        { ValueKind: JsonValueKind.String } text => text.GetString()!,
        { ValueKind: JsonValueKind.Array } items => items.EnumerateArray().Select(TextOf).LastOrDefault(text => text is not null) ?? "",
        _ => throw OllamaException.BadRequest("input must be a string or array"),
    };

    private static string? TextOf(JsonElement item, int index)
    {
        var fields = new GoObject(item, "openai.ResponsesInputItem");
        var type = fields.Text("type");
        return type switch
        {
            "message" => TextOfContent(fields.Any("content")),
            "" when fields.Text("role").Length > 0 => TextOfContent(fields.Any("content")),
            "function_call_output" => TextOfContent(fields.Any("output")),
            "function_call" or "reasoning" or "web_search_call" => null,
            "" => throw OllamaException.BadRequest($"input[{index}]: input item missing required 'type' field"),
            _ => throw OllamaException.BadRequest($"input[{index}]: unknown input item type: \"{type}\""),
        };
    }

    private static string TextOfContent(JsonElement? content) => content switch
    {
        { ValueKind: JsonValueKind.String } text => text.GetString()!,
        { ValueKind: JsonValueKind.Array } parts =>
            string.Concat(parts.EnumerateArray().Select(part => new GoObject(part, "openai.ResponsesContent").Text("text"))),
        _ => "",
    };
}
