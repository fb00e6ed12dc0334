using System.Buffers;
using System.Text.Json;
using OllamaProxy.Simulator.Generation;
using OllamaProxy.Simulator.Go;
using OllamaProxy.Simulator.Http;

namespace OllamaProxy.Simulator.Native;

/// <summary>The answers of <c>/api/generate</c> and <c>/api/chat</c>: the same object, whole or one per line of a stream.</summary>
internal sealed class NativeFormat(string model, bool isChat, TimeProvider time) : IWholeFormat, IStreamFormat
{
    public void SetHeaders(IHeaderDictionary headers) => headers.ContentType = Ndjson.ContentType;

    public void WriteToken(IBufferWriter<byte> stream, Token token) => WriteLine(stream, AnswerPart.Of(token));

    public void WriteDone(IBufferWriter<byte> stream, string reason, GenerationMetrics? metrics) =>
        WriteLine(stream, new("", "", reason, metrics));

    public void WriteError(IBufferWriter<byte> stream, string error) => Ndjson.Write(stream, json => JsonReply.WriteError(json, error));

    public void Write(Utf8JsonWriter json, AnswerPart answer)
    {
        json.WriteStartObject();
        json.WriteString("model", model);
        json.WriteString("created_at", GoTime.Format(time.GetUtcNow()));
        if (isChat)
        {
            json.WriteStartObject("message");
            json.WriteString("role", "assistant");
            WriteText(json, "content", answer);
            if (answer.ToolCall is { } call) WriteToolCall(json, call);
            json.WriteEndObject();
        }
        else
        {
            WriteText(json, "response", answer);
        }

        json.WriteBoolean("done", answer.DoneReason is not null);
        if (answer.DoneReason is not null) json.WriteString("done_reason", answer.DoneReason);
        answer.Metrics?.Write(json);
        json.WriteEndObject();
    }

    private void WriteLine(IBufferWriter<byte> stream, AnswerPart part) => Ndjson.Write(stream, json => Write(json, part));

    private static void WriteText(Utf8JsonWriter json, string name, AnswerPart answer)
    {
        json.WriteString(name, answer.Text);
        if (answer.Thinking.Length > 0) json.WriteString("thinking", answer.Thinking);
    }

    private static void WriteToolCall(Utf8JsonWriter json, ToolCall call)
    {
        json.WriteStartArray("tool_calls");
        json.WriteStartObject();
        json.WriteString("id", call.Id);
        json.WriteStartObject("function");
        json.WriteNumber("index", 0);
        json.WriteString("name", call.Name);
        json.WritePropertyName("arguments");
        json.WriteRawValue(call.Arguments);
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndArray();
    }
}
