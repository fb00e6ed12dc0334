using System.Text.Json;

namespace OllamaProxy.Tests.Simulator;

/// <summary>What an answer says, or a part of it, whichever API it came through.</summary>
public sealed record AnswerContent(string Text, string Thought, string Call, string Reason)
{
    public static AnswerContent operator +(AnswerContent first, AnswerContent second) => new(
        first.Text + second.Text, first.Thought + second.Thought, first.Call + second.Call, first.Reason + second.Reason);

    /// <summary>Reads an answer, or a line or an event of its stream.</summary>
    public static AnswerContent In(string path, JsonElement json) => path switch
    {
        "/v1/responses" when json.TryGetProperty("output", out var output) => InResponse(output, json),
        "/v1/responses" => InResponseEvent(json),
        "/v1/messages" when json.TryGetProperty("content", out var content) => InMessage(content, json),
        "/v1/messages" => InMessageEvent(json),
        _ when json.TryGetProperty("choices", out var choices) => InChoice(choices[0]),
        _ => InNative(json),
    };

    private static AnswerContent InNative(JsonElement json)
    {
        var message = Part(json, "message") ?? json;
        var call = Part(message, "tool_calls") is { } calls ? CallOf(calls[0].GetProperty("function"), "arguments") : "";
        return new(TextOf(message, "content") + TextOf(message, "response"), TextOf(message, "thinking"), call,
            TextOf(json, "done_reason"));
    }

    private static AnswerContent InChoice(JsonElement choice)
    {
        var message = Part(choice, "message") ?? Part(choice, "delta") ?? choice;
        var call = Part(message, "tool_calls") is { } calls ? CallOf(calls[0].GetProperty("function"), "arguments") : "";
        return new(TextOf(message, "content") + TextOf(message, "text"), TextOf(message, "reasoning"), call,
            TextOf(choice, "finish_reason"));
    }

    private static AnswerContent InResponse(JsonElement output, JsonElement json)
    {
        var items = output.EnumerateArray().ToDictionary(item => item.GetProperty("type").GetString()!);
        return new(
            items.TryGetValue("message", out var message) ? TextOf(message.GetProperty("content")[0], "text") : "",
            items.TryGetValue("reasoning", out var reasoning) ? TextOf(reasoning.GetProperty("summary")[0], "text") : "",
            items.TryGetValue("function_call", out var call) ? CallOf(call, "arguments") : "",
            TextOf(json, "status"));
    }

    private static AnswerContent InResponseEvent(JsonElement json) => TextOf(json, "type") switch
    {
        "response.output_text.delta" => new(TextOf(json, "delta"), "", "", ""),
        "response.reasoning_summary_text.delta" => new("", TextOf(json, "delta"), "", ""),
        "response.output_item.done" when TextOf(json.GetProperty("item"), "type") == "function_call" =>
            new("", "", CallOf(json.GetProperty("item"), "arguments"), ""),
        "response.completed" => new("", "", "", TextOf(json.GetProperty("response"), "status")),
        _ => new("", "", "", ""),
    };

    private static AnswerContent InMessage(JsonElement content, JsonElement json)
    {
        var blocks = content.EnumerateArray().ToDictionary(block => block.GetProperty("type").GetString()!);
        return new(
            blocks.TryGetValue("text", out var text) ? TextOf(text, "text") : "",
            blocks.TryGetValue("thinking", out var thinking) ? TextOf(thinking, "thinking") : "",
            blocks.TryGetValue("tool_use", out var call) ? CallOf(call, "input") : "",
            TextOf(json, "stop_reason"));
    }

    private static AnswerContent InMessageEvent(JsonElement json)
    {
        var call = Part(json, "content_block") is { } block && TextOf(block, "type") == "tool_use" ? TextOf(block, "name") + " " : "";
        return Part(json, "delta") is { } delta
            ? new(TextOf(delta, "text"), TextOf(delta, "thinking"), TextOf(delta, "partial_json"), TextOf(delta, "stop_reason"))
            : new("", "", call, "");
    }

    private static string CallOf(JsonElement call, string arguments) =>
        $"{TextOf(call, "name")} {call.GetProperty(arguments)}";

    private static JsonElement? Part(JsonElement json, string name) => json.TryGetProperty(name, out var part) ? part : null;

    private static string TextOf(JsonElement json, string name) =>
        Part(json, name) is { ValueKind: JsonValueKind.String } text ? text.GetString()! : "";
}
