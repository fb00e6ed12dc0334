using System.Text.Json;
using OllamaProxy.Simulator.Generation;
using OllamaProxy.Simulator.Go;
using OllamaProxy.Simulator.Http;

namespace OllamaProxy.Simulator.Anthropic;

/// <summary>Parses the body of <c>/v1/messages</c>.</summary>
internal static class MessagesRequest
{
    private const string Type = "anthropic.MessagesRequest";

    /// <exception cref="OllamaException">The body is not such a request.</exception>
    public static GenerationRequest Read(JsonElement root, TimeProvider time)
    {
        var fields = new GoObject(root, Type);
        var model = fields.Text("model");
        var maxTokens = fields.Integer("max_tokens") ?? 0;
        var messages = fields.Value("messages", JsonValueKind.Array, "[]anthropic.MessageParam");
        if (model.Length == 0) throw OllamaException.BadRequest("model is required");
        if (maxTokens <= 0) throw OllamaException.BadRequest("max_tokens is required and must be positive");
        if (messages is not { } some || some.GetArrayLength() == 0) throw OllamaException.BadRequest("messages is required");

        var prompt = some.EnumerateArray().Select(message => TextOf(new(message, Type, "messages."))).Last();
        var thinking = fields.Value("thinking", JsonValueKind.Object, "anthropic.ThinkingConfig");
        return new()
        {
            Model = model,
            Prompt = prompt,
            Options = ModelOptions.Of(maxTokens, fields.Integer("simulator_tokens")),
            Think = thinking is { } config && new GoObject(config, Type, "thinking.").Text("type") == "enabled",
            ToolCall = ToolCall.For(prompt, fields.Value("tools", JsonValueKind.Array, "[]anthropic.Tool")),
            Whole = new MessageFormat(model),
            Stream = fields.Flag("stream") ?? false ? new MessageStream(model, EstimateTokens(fields)) : null,
        };
    }

    /// <summary>The text of a message, without tool results.</summary>
    private static string TextOf(GoObject message)
    {
        _ = message.Text("role");
        if (message.Any("content") is { ValueKind: JsonValueKind.String } text) return text.GetString()!;
        if (message.Value("content", JsonValueKind.Array, "[]anthropic.ContentBlock") is not { } blocks) return "";
        return string.Concat(blocks.EnumerateArray().Select(TextOfBlock));
    }

    private static string TextOfBlock(JsonElement element)
    {
        var block = new GoObject(element, Type, "messages.content.");
        return block.Text("type") == "text" ? block.Text("text") : "";
    }

    // Like Ollama, which estimates four characters per token, since the stream begins before the tokens are counted.
    private static int EstimateTokens(GoObject fields) => Math.Max(1, (fields.Any("messages")?.GetRawText().Length ?? 0) / 4);
}
