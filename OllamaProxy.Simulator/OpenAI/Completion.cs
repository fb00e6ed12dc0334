using System.Buffers;
using System.Text.Json;
using System.Text.Json.Nodes;
using OllamaProxy.Simulator.Generation;
using OllamaProxy.Simulator.Http;

namespace OllamaProxy.Simulator.OpenAI;

/// <summary>The answers of <c>/v1/completions</c>, whole and in chunks.</summary>
internal sealed class Completion(string model, bool includesUsage, TimeProvider time) : IWholeFormat, IStreamFormat
{
    private readonly string _id = $"cmpl-{Random.Shared.Next(999)}";

    public void Write(Utf8JsonWriter json, AnswerPart answer)
    {
        var completion = Beginning();
        completion["model"] = model;
        completion["system_fingerprint"] = "fp_ollama";
        completion["choices"] = new JsonArray(Choice(answer.Text, answer.DoneReason));
        completion["usage"] = Usage.Of(answer.PromptTokens, answer.Tokens);
        completion.WriteTo(json);
    }

    public void SetHeaders(IHeaderDictionary headers) => headers.ContentType = ServerSentEvent.ContentType;

    // Not a collection expression: that would call the generic JsonArray.Add, which Native AOT does not support.
    public void WriteToken(IBufferWriter<byte> stream, Token token) => WriteChunk(stream, new(Choice(token.Said, null)), Usage.Of(0, 0));

    public void WriteDone(IBufferWriter<byte> stream, string reason, GenerationMetrics? metrics)
    {
        WriteChunk(stream, new(Choice("", reason)), Usage.Of(0, 0));
        if (includesUsage) WriteChunk(stream, [], Usage.Of(metrics?.PromptTokens ?? 0, metrics?.Tokens ?? 0));
        ServerSentEvent.WriteDone(stream);
    }

    public void WriteError(IBufferWriter<byte> stream, string error) => OpenAIError.WriteEvent(stream, error);

    private void WriteChunk(IBufferWriter<byte> stream, JsonArray choices, JsonObject usage)
    {
        var chunk = Beginning();
        chunk["choices"] = choices;
        chunk["model"] = model;
        chunk["system_fingerprint"] = "fp_ollama";
        if (includesUsage) chunk["usage"] = usage;
        ServerSentEvent.Write(stream, chunk);
    }

    private JsonObject Beginning() => new()
    {
        ["id"] = _id,
        ["object"] = "text_completion",
        ["created"] = time.GetUtcNow().ToUnixTimeSeconds(),
    };

    private static JsonObject Choice(string text, string? reason) => new() { ["text"] = text, ["index"] = 0, ["finish_reason"] = reason };
}
