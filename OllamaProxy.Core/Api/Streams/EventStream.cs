using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using OllamaProxy.Api.Errors;
using OllamaProxy.Api.Http;
using OllamaProxy.Api.Prompts;
using OllamaProxy.Prompts;

namespace OllamaProxy.Api.Streams;

/// <summary>
/// Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html), each with a line of JSON. A slow
/// client holds up only its own writer: nothing is queued for it beyond what the host buffers.
/// </summary>
internal sealed class EventStream
{
    public const string MediaType = "text/event-stream";

    /// <summary>After so long a silence comes a comment: the Functions host gives up after 240 seconds, other proxies sooner.</summary>
    private static readonly TimeSpan HeartbeatInterval = TimeSpan.FromSeconds(15);

    private readonly PipeWriter _output;
    private readonly TimeProvider _time;
    private long _sentAt;
    private bool _isWritten;

    private EventStream(PipeWriter output, TimeProvider time) => (_output, _time, _sentAt) = (output, time, time.GetTimestamp());

    /// <summary>Whether an event was begun and, by some failure, not ended: nothing may follow.</summary>
    public bool IsAmidEvent { get; private set; }

    /// <summary>How long until a heartbeat is due.</summary>
    public TimeSpan UntilHeartbeat => HeartbeatInterval - _time.GetElapsedTime(_sentAt) is { Ticks: > 0 } left ? left : TimeSpan.Zero;

    /// <summary>Whether a client prefers events to JSON: it says so by name.</summary>
    public static bool IsAskedFor(HttpRequest request) =>
        request.Headers.Accept.Count > 0 && request.GetTypedHeaders().Accept.Any(accept =>
            accept.MediaType.Equals(MediaType, StringComparison.OrdinalIgnoreCase) && accept.Quality is null or > 0);

    /// <summary>Sends the headers.</summary>
    public static EventStream Begin(HttpContext context, TimeProvider time)
    {
        context.Response.ContentType = MediaType;
        // The second is for whatever sits in this process.
        ProxyBuffering.Disable(context.Response);
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        var stream = new EventStream(context.Response.BodyWriter, time);
        stream.Write("retry: 1000\n\n");
        return stream;
    }

    /// <summary>Writes an event; <see cref="SendAsync"/> sends it.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="value">Its data.</param>
    /// <param name="type">How to write that, on one line.</param>
    /// <param name="id">Its id; null: none, so that the client keeps the last one.</param>
    public void Write<T>(string name, T value, JsonTypeInfo<T> type, string? id = null)
    {
        BeginEvent(name, id);
        using (var json = new Utf8JsonWriter(_output, JsonResult.Writing))
            JsonSerializer.Serialize(json, value, type);
        Write("\n\n");
    }

    /// <summary>Writes an event of another's API.</summary>
    public void Write(string name, JsonNode data)
    {
        BeginEvent(name, id: null);
        using (var json = new Utf8JsonWriter(_output, JsonResult.Writing))
            data.WriteTo(json);
        Write("\n\n");
    }

    /// <summary>Writes an event whose data may be long, and sends it.</summary>
    public async Task WriteAsync(string name, PromptOutputResult result, string id, CancellationToken cancellationToken)
    {
        IsAmidEvent = true;
        BeginEvent(name, id);
        await result.WriteAsync(_output, cancellationToken);
        Write("\n\n");
        IsAmidEvent = false;
        await SendAsync(cancellationToken);
    }

    /// <summary>Writes and sends the last event of a stream that cannot go on.</summary>
    public Task WriteProblemAsync(int status, string detail, CancellationToken cancellationToken)
    {
        Write("problem", new Problem(ReasonPhrases.GetReasonPhrase(status), status, detail), ApiJson.Relaxed.Problem);
        return SendAsync(cancellationToken);
    }

    /// <summary>Sends what was written, as fast as the client takes it, or a heartbeat if one is due.</summary>
    public async Task SendAsync(CancellationToken cancellationToken)
    {
        if (!_isWritten && UntilHeartbeat > TimeSpan.Zero)
            return;
        if (!_isWritten)
            Write(": alive\n\n");
        await _output.FlushToReaderAsync(cancellationToken);
        (_isWritten, _sentAt) = (false, _time.GetTimestamp());
    }

    private void BeginEvent(string name, string? id)
    {
        Write("event: ");
        Write(name);
        if (id is not null)
        {
            Write("\nid: ");
            Write(id);
        }
        Write("\ndata: ");
    }

    private void Write(string text)
    {
        Encoding.UTF8.GetBytes(text, _output);
        _isWritten = true;
    }
}
