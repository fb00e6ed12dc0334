using System.Buffers;
using System.Text.Json.Nodes;
using OllamaProxy.Simulator.Generation;
using OllamaProxy.Simulator.Http;

namespace OllamaProxy.Simulator.Anthropic;

/// <summary>
/// The streamed answer of <c>/v1/messages</c>: a message of blocks, each with events for its start, its contents and its end.
/// </summary>
internal sealed class MessageStream(string model, int estimatedTokens) : IStreamFormat
{
    private bool _hasBegun;
    private bool _hasToolCall;
    private string? _openBlock;
    private int _index;

    public void SetHeaders(IHeaderDictionary headers) => ServerSentEvent.SetStreamingHeaders(headers);

    public void WriteToken(IBufferWriter<byte> stream, Token token)
    {
        Begin(stream);
        if (token.ToolCall is { } call)
        {
            _hasToolCall = true;
            Open(stream, "tool_use", Message.ToolUse(call, "{}"));
            WriteDelta(stream, new() { ["type"] = "input_json_delta", ["partial_json"] = call.Arguments });
        }
        else if (token.IsThought)
        {
            Open(stream, "thinking", Message.Thinking(""));
            WriteDelta(stream, new() { ["type"] = "thinking_delta", ["thinking"] = token.Text });
        }
        else
        {
            Open(stream, "text", Message.Text(""));
            WriteDelta(stream, new() { ["type"] = "text_delta", ["text"] = token.Text });
        }
    }

    public void WriteDone(IBufferWriter<byte> stream, string reason, GenerationMetrics? metrics)
    {
        Begin(stream);
        Close(stream);
        WriteEvent(stream, "message_delta", new()
        {
            ["delta"] = new JsonObject { ["stop_reason"] = Message.StopReason(reason, _hasToolCall) },
            ["usage"] = Message.Usage(metrics?.PromptTokens ?? 0, metrics?.Tokens ?? 0),
        });
        WriteEvent(stream, "message_stop", []);
    }

    public void WriteError(IBufferWriter<byte> stream, string error) =>
        ServerSentEvent.Write(stream, AnthropicError.Of(StatusCodes.Status500InternalServerError, error), "error");

    private void Begin(IBufferWriter<byte> stream)
    {
        if (_hasBegun) return;
        _hasBegun = true;
        var message = Message.Of(model);
        message["usage"] = Message.Usage(estimatedTokens, 0);
        WriteEvent(stream, "message_start", new() { ["message"] = message });
    }

    private void Open(IBufferWriter<byte> stream, string kind, JsonObject block)
    {
        if (_openBlock == kind) return;
        Close(stream);
        _openBlock = kind;
        WriteEvent(stream, "content_block_start", new() { ["index"] = _index, ["content_block"] = block });
    }

    private void Close(IBufferWriter<byte> stream)
    {
        if (_openBlock is null) return;
        _openBlock = null;
        WriteEvent(stream, "content_block_stop", new() { ["index"] = _index++ });
    }

    private void WriteDelta(IBufferWriter<byte> stream, JsonObject delta) =>
        WriteEvent(stream, "content_block_delta", new() { ["index"] = _index, ["delta"] = delta });

    private static void WriteEvent(IBufferWriter<byte> stream, string type, JsonObject data)
    {
        data.Insert(0, "type", type);
        ServerSentEvent.Write(stream, data, type);
    }
}
