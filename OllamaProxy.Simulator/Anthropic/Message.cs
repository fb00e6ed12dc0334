using System.Security.Cryptography;
using System.Text.Json.Nodes;
using OllamaProxy.Simulator.Generation;

namespace OllamaProxy.Simulator.Anthropic;

/// <summary>Builds the JSON of messages, for whole answers and streams.</summary>
internal static class Message
{
    public static JsonObject Of(string model, params JsonNode[] content) => new()
    {
        ["id"] = "msg_" + RandomNumberGenerator.GetHexString(24, lowercase: true),
        ["type"] = "message",
        ["role"] = "assistant",
        ["model"] = model,
        ["content"] = new JsonArray(content),
    };

    public static JsonObject Text(string text) => new() { ["type"] = "text", ["text"] = text };

    public static JsonObject Thinking(string thinking) => new() { ["type"] = "thinking", ["thinking"] = thinking };

    public static JsonObject ToolUse(ToolCall call, string input) => new()
    {
        ["type"] = "tool_use",
        ["id"] = call.Id,
        ["name"] = call.Name,
        ["input"] = JsonNode.Parse(input),
    };

    public static JsonObject Usage(int promptTokens, int tokens) => new() { ["input_tokens"] = promptTokens, ["output_tokens"] = tokens };

    public static string StopReason(string reason, bool hasToolCall) => (reason, hasToolCall) switch
    {
        (_, true) => "tool_use",
        ("stop", _) => "end_turn",
        ("length", _) => "max_tokens",
        _ => "stop_sequence",
    };
}
