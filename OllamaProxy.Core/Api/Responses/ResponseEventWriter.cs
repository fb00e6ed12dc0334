using System.Buffers;
using System.Text.Json.Nodes;
using OllamaProxy.Api.Streams;
using OllamaProxy.Prompts;
using OllamaProxy.Protocol;

namespace OllamaProxy.Api.Responses;

/// <summary>
/// Writes the events of a response to a client, from Ollama's own events as they come. It numbers them, so that a client that comes back
/// can say which it has: 0 is <c>response.created</c>, 1 <c>response.queued</c>, 2 <c>response.in_progress</c>, and what Ollama says
/// follows. Each further attempt begins 2^20 numbers later, since what it says has nothing to do with what came before.
/// </summary>
/// <param name="stream">The client.</param>
/// <param name="record">The response.</param>
/// <param name="after">The number of the last event that the client has; -1: it has none.</param>
internal sealed class ResponseEventWriter(EventStream stream, ResponseRecord record, long after)
{
    /// <summary>How many numbers an attempt has, more than any answer has events. Clients read the number as one of 32 bits.</summary>
    private const int PerAttempt = 1 << 20;

    private readonly ArrayBufferWriter<byte> _unread = new();

    /// <summary>The items that were begun on this connection and have not ended, by their index.</summary>
    private readonly SortedDictionary<int, JsonObject> _open = [];

    private bool _isQueued;
    private DateTimeOffset? _attempt;
    private long _next;
    private int _items;
    private int _shift;

    /// <summary>How many bytes of the answer of this attempt have been read.</summary>
    public int Length { get; private set; }

    /// <summary>Whether the last event has been written.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>Writes that the response waits, once.</summary>
    public void WriteQueued()
    {
        if (_isQueued)
            return;
        _isQueued = true;
        foreach (var type in new[] { "response.created", "response.queued" })
            Write(type, new() { ["response"] = ResponseObject.Pending(record, "queued") });
    }

    /// <summary>Begins with the answer of an attempt, unless that is the one that is being written.</summary>
    public void BeginAttempt(Prompt prompt)
    {
        if (_attempt is not null && _attempt == prompt.StartedAt)
            return;
        // The protocol has no way to take back what was said: what was begun is ended, and new items follow.
        foreach (var (index, item) in _open)
        {
            item["status"] = "incomplete";
            Write("response.output_item.done", new() { ["output_index"] = index, ["item"] = item });
        }
        _open.Clear();
        _unread.ResetWrittenCount();
        (_attempt, Length, _shift) = (prompt.StartedAt, 0, _items);
        _next = FirstOf(prompt) + 2;
        Write("response.in_progress", new() { ["response"] = ResponseObject.Pending(record, "in_progress") });
    }

    /// <summary>Writes the events in what follows of Ollama's answer.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        Length += bytes.Length;
        _unread.Write(bytes);
        var rest = _unread.WrittenSpan;
        while (rest.IndexOf((byte)'\n') is >= 0 and var end)
        {
            if (rest.StartsWith("data:"u8) && ResponseAnswer.Parse(rest["data:".Length..end]) is { } data)
                WriteOllamas(data);
            rest = rest[(end + 1)..];
        }
        var kept = rest.ToArray();
        _unread.ResetWrittenCount();
        _unread.Write(kept);
    }

    /// <summary>Writes the last event of a response that Ollama has not ended.</summary>
    /// <param name="prompt">The prompt, which has ended.</param>
    /// <param name="response">The response.</param>
    public void WriteEnd(Prompt prompt, JsonObject response)
    {
        _next = Math.Max(_next, FirstOf(prompt) + PerAttempt - 1);
        Write(response["status"].Text() == "failed" ? "response.failed" : "response.incomplete", new() { ["response"] = response });
        HasEnded = true;
    }

    private static long FirstOf(Prompt prompt) => (long)Math.Max(prompt.Attempts - 1, 0) * PerAttempt;

    private void WriteOllamas(JsonObject data)
    {
        if (data["type"].Text() is not { } type || type is "response.created" or "response.in_progress" or "response.queued")
            return;
        if (data["response"] is JsonObject response)
            ResponseObject.Complete(record, response);
        if (data["output_index"] is JsonValue value && value.TryGetValue<int>(out var index))
        {
            data["output_index"] = index += _shift;
            _items = Math.Max(_items, index + 1);
            if (type == "response.output_item.added" && data["item"] is JsonObject item)
                _open[index] = (JsonObject)item.DeepClone();
            else if (type == "response.output_item.done")
                _open.Remove(index);
        }
        HasEnded = type is "response.completed" or "response.incomplete" or "response.failed" or "error";
        Write(type, data);
    }

    private void Write(string type, JsonObject data)
    {
        data["type"] = type;
        data["sequence_number"] = _next;
        if (_next++ > after)
            stream.Write(type, data);
    }
}
