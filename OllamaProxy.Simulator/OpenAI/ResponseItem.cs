using System.Text.Json.Nodes;
using OllamaProxy.Simulator.Generation;

namespace OllamaProxy.Simulator.OpenAI;

/// <summary>Builds the items in the <c>output</c> of a response.</summary>
internal static class ResponseItem
{
    public static JsonObject Message(string id, string status, params JsonNode[] content) => new()
    {
        ["id"] = id,
        ["type"] = "message",
        ["status"] = status,
        ["role"] = "assistant",
        ["content"] = new JsonArray(content),
    };

    public static JsonObject Text(string text) => new()
    {
        ["type"] = "output_text",
        ["text"] = text,
        ["annotations"] = new JsonArray(),
        ["logprobs"] = new JsonArray(),
    };

    public static JsonObject FunctionCall(string id, string status, ToolCall call, string arguments) => new()
    {
        ["id"] = id,
        ["type"] = "function_call",
        ["status"] = status,
        ["call_id"] = call.Id,
        ["name"] = call.Name,
        ["arguments"] = arguments,
    };

    public static JsonObject Reasoning(string id, string thinking) => new()
    {
        ["id"] = id,
        ["type"] = "reasoning",
        ["summary"] = new JsonArray(new JsonObject { ["type"] = "summary_text", ["text"] = thinking }),
        ["encrypted_content"] = thinking,
    };
}
