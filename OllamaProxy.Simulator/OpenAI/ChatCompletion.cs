using System.Buffers;
using System.Text.Json;
using System.Text.Json.Nodes;
using OllamaProxy.Simulator.Generation;
using OllamaProxy.Simulator.Http;

namespace OllamaProxy.Simulator.OpenAI;

/// <summary>The answers of <c>/v1/chat/completions</c>, whole and in chunks.</summary>
internal sealed class ChatCompletion(string model, bool includesUsage, TimeProvider time) : IWholeFormat, IStreamFormat
{
    private readonly string _id = $"chatcmpl-{Random.Shared.Next(999)}";
    private long? _created;
    private bool _hasBegun;
    private bool _hasToolCall;

    public void Write(Utf8JsonWriter json, AnswerPart answer)
    {
        var message = new JsonObject { ["role"] = "assistant" };
        AddTo(message, answer);
        var finishReason = FinishReason(answer.DoneReason, answer.ToolCall is not null);
        var completion = Envelope(
            "chat.completion", new JsonObject { ["index"] = 0, ["message"] = message, ["finish_reason"] = finishReason });
        completion["usage"] = Usage.Of(answer.PromptTokens, answer.Tokens);
        completion.WriteTo(json);
    }

    public void SetHeaders(IHeaderDictionary headers) => headers.ContentType = ServerSentEvent.ContentType;

    public void WriteToken(IBufferWriter<byte> stream, Token token)
    {
        var delta = new JsonObject();
        if (!_hasBegun) delta["role"] = "assistant";
        AddTo(delta, AnswerPart.Of(token));
        _hasBegun = true;
        _hasToolCall |= token.ToolCall is not null;
        WriteChunk(stream, delta, finishReason: null);
    }

    public void WriteDone(IBufferWriter<byte> stream, string reason, GenerationMetrics? metrics)
    {
        if (!_hasBegun) WriteToken(stream, new("", IsThought: false));
        WriteChunk(stream, [], FinishReason(reason, _hasToolCall));
        if (includesUsage)
        {
            var chunk = Envelope("chat.completion.chunk");
            chunk["usage"] = Usage.Of(metrics?.PromptTokens ?? 0, metrics?.Tokens ?? 0);
            ServerSentEvent.Write(stream, chunk);
        }

        ServerSentEvent.WriteDone(stream);
    }

    public void WriteError(IBufferWriter<byte> stream, string error) => OpenAIError.WriteEvent(stream, error);

    private void WriteChunk(IBufferWriter<byte> stream, JsonObject delta, string? finishReason) => ServerSentEvent.Write(
        stream, Envelope("chat.completion.chunk", new JsonObject { ["index"] = 0, ["delta"] = delta, ["finish_reason"] = finishReason }));

    private JsonObject Envelope(string type, params JsonNode[] choices) => new()
    {
        ["id"] = _id,
        ["object"] = type,
        ["created"] = _created ??= time.GetUtcNow().ToUnixTimeSeconds(),
        ["model"] = model,
        ["system_fingerprint"] = "fp_ollama",
        ["choices"] = new JsonArray(choices),
    };

    private static string? FinishReason(string? reason, bool hasToolCall) => reason is "stop" && hasToolCall ? "tool_calls" : reason;

    private static void AddTo(JsonObject message, AnswerPart answer)
    {
        message["content"] = answer.Text;
        if (answer.Thinking.Length > 0) message["reasoning"] = answer.Thinking;
        if (answer.ToolCall is { } call) message["tool_calls"] = new JsonArray(ToJson(call));
    }

    private static JsonObject ToJson(ToolCall call) => new()
    {
        ["id"] = call.Id,
        ["index"] = 0,
        ["type"] = "function",
        ["function"] = new JsonObject { ["name"] = call.Name, ["arguments"] = call.Arguments },
    };
}
