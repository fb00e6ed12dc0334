using System.Text.Json;
using OllamaProxy.Simulator.Generation;
using OllamaProxy.Simulator.Go;
using OllamaProxy.Simulator.Http;

namespace OllamaProxy.Simulator.Native;

/// <summary>Parses the body of <c>/api/chat</c>.</summary>
internal static class ChatRequest
{
    /// <exception cref="OllamaException">The body is not such a request.</exception>
    public static GenerationRequest Read(JsonElement root, TimeProvider time)
    {
        var fields = new GoObject(root, "api.ChatRequest");
        var common = CommonFields.Read(fields);
        var messages = fields.Value("messages", JsonValueKind.Array, "[]api.Message");
        var prompt = LastText(messages);
        var onlyLoads = messages is not { } some || some.GetArrayLength() == 0;
        return common.ToRequest(prompt, onlyLoads, new NativeFormat(common.Model, isChat: true, time)) with
        {
            RequiresModel = true,
            ToolCall = ToolCall.For(prompt, fields.Value("tools", JsonValueKind.Array, "api.Tools")),
        };
    }

    private static string LastText(JsonElement? messages)
    {
        var last = "";
        if (messages is not { } all) return last;
        foreach (var message in all.EnumerateArray())
        {
            var parts = new GoObject(message, "api.ChatRequest", "messages.");
            _ = parts.Text("role");
            last = parts.Text("content");
        }

        return last;
    }
}
