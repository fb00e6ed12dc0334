using System.Text.Json;
using System.Text.Json.Nodes;
using OllamaProxy.Simulator.Generation;

namespace OllamaProxy.Simulator.Anthropic;

/// <summary>The whole answer of <c>/v1/messages</c>.</summary>
internal sealed class MessageFormat(string model) : IWholeFormat
{
    public void Write(Utf8JsonWriter json, AnswerPart answer)
    {
        var content = new List<JsonNode>();
        if (answer.Thinking.Length > 0) content.Add(Message.Thinking(answer.Thinking));
        if (answer.Text.Length > 0) content.Add(Message.Text(answer.Text));
        if (answer.ToolCall is { } call) content.Add(Message.ToolUse(call, call.Arguments));

        var message = Message.Of(model, [.. content]);
        if (answer.DoneReason is { } reason) message["stop_reason"] = Message.StopReason(reason, answer.ToolCall is not null);
        message["usage"] = Message.Usage(answer.PromptTokens, answer.Tokens);
        message.WriteTo(json);
    }
}
