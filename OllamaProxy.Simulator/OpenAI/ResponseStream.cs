using System.Buffers;
using System.Text;
using System.Text.Json.Nodes;
using OllamaProxy.Simulator.Generation;
using OllamaProxy.Simulator.Http;

namespace OllamaProxy.Simulator.OpenAI;

/// <summary>The streamed answer of <c>/v1/responses</c>.</summary>
internal sealed class ResponseStream(ResponseObject response) : IStreamFormat
{
    private readonly ResponseEvents _events = new();
    private readonly List<JsonObject> _output = [];
    private readonly StringBuilder _text = new();
    private readonly StringBuilder _thinking = new();
    private readonly string _reasoningId = $"rs_{Random.Shared.Next(999_999)}";
    private bool _hasBegun;

    public void SetHeaders(IHeaderDictionary headers) => ServerSentEvent.SetStreamingHeaders(headers);

    public void WriteToken(IBufferWriter<byte> stream, Token token)
    {
        Begin(stream);
        if (token.IsThought)
        {
            WriteThought(stream, token.Text);
            return;
        }

        EndReasoning(stream);
        if (token.ToolCall is { } call) WriteCall(stream, call);
        else WriteText(stream, token.Text);
    }

    public void WriteDone(IBufferWriter<byte> stream, string reason, GenerationMetrics? metrics)
    {
        Begin(stream);
        EndReasoning(stream);
        EndText(stream);
        var usage = ResponseObject.Usage(metrics?.PromptTokens ?? 0, metrics?.Tokens ?? 0);
        var done = response.ToJson("completed", [.. _output.Select(item => item.DeepClone())], usage);
        _events.Write(stream, "response.completed", new() { ["response"] = done });
    }

    public void WriteError(IBufferWriter<byte> stream, string error) =>
        _events.Write(stream, "error", new() { ["code"] = "server_error", ["message"] = error, ["param"] = null });

    private void Begin(IBufferWriter<byte> stream)
    {
        if (_hasBegun) return;
        _hasBegun = true;
        foreach (var type in new[] { "response.created", "response.in_progress" })
            _events.Write(stream, type, new() { ["response"] = response.ToJson("in_progress", [], usage: null) });
    }

    private void WriteThought(IBufferWriter<byte> stream, string thought)
    {
        if (_thinking.Length == 0)
            WriteItem(stream, "added", new() { ["id"] = _reasoningId, ["type"] = "reasoning", ["summary"] = new JsonArray() });
        _thinking.Append(thought);
        Write(stream, "response.reasoning_summary_text.delta", _reasoningId, new() { ["summary_index"] = 0, ["delta"] = thought });
    }

    private void EndReasoning(IBufferWriter<byte> stream)
    {
        if (_thinking.Length == 0) return;
        var thinking = _thinking.ToString();
        _thinking.Clear();
        Write(stream, "response.reasoning_summary_text.done", _reasoningId, new() { ["summary_index"] = 0, ["text"] = thinking });
        EndItem(stream, ResponseItem.Reasoning(_reasoningId, thinking));
    }

    private void WriteText(IBufferWriter<byte> stream, string text)
    {
        if (_text.Length == 0)
        {
            WriteItem(stream, "added", ResponseItem.Message(response.MessageId, "in_progress"));
            WritePart(stream, "response.content_part.added", new() { ["part"] = ResponseItem.Text("") });
        }

        _text.Append(text);
        WritePart(stream, "response.output_text.delta", new() { ["delta"] = text, ["logprobs"] = new JsonArray() });
    }

    private void EndText(IBufferWriter<byte> stream)
    {
        if (_text.Length == 0) return;
        var text = _text.ToString();
        WritePart(stream, "response.output_text.done", new() { ["text"] = text, ["logprobs"] = new JsonArray() });
        WritePart(stream, "response.content_part.done", new() { ["part"] = ResponseItem.Text(text) });
        EndItem(stream, ResponseItem.Message(response.MessageId, "completed", ResponseItem.Text(text)));
    }

    private void WriteCall(IBufferWriter<byte> stream, ToolCall call)
    {
        var id = $"fc_{Random.Shared.Next(999_999)}_0";
        WriteItem(stream, "added", ResponseItem.FunctionCall(id, "in_progress", call, ""));
        Write(stream, "response.function_call_arguments.delta", id, new() { ["delta"] = call.Arguments });
        Write(stream, "response.function_call_arguments.done", id, new() { ["arguments"] = call.Arguments });
        EndItem(stream, ResponseItem.FunctionCall(id, "completed", call, call.Arguments));
    }

    private void EndItem(IBufferWriter<byte> stream, JsonObject item)
    {
        WriteItem(stream, "done", item);
        _output.Add(item);
    }

    private void WriteItem(IBufferWriter<byte> stream, string change, JsonObject item) => _events.Write(
        stream, $"response.output_item.{change}", new() { ["output_index"] = _output.Count, ["item"] = item });

    private void WritePart(IBufferWriter<byte> stream, string type, JsonObject data)
    {
        data["content_index"] = 0;
        Write(stream, type, response.MessageId, data);
    }

    private void Write(IBufferWriter<byte> stream, string type, string itemId, JsonObject data)
    {
        data["item_id"] = itemId;
        data["output_index"] = _output.Count;
        _events.Write(stream, type, data);
    }
}
