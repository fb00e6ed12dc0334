using System.Buffers;
using System.Text;
using System.Text.Json.Nodes;

namespace OllamaProxy.Simulator.Http;

/// <summary>Writes server-sent events (<c>text/event-stream</c>).</summary>
internal static class ServerSentEvent
{
    public const string ContentType = "text/event-stream";

    /// <summary>Sets the headers of streams whose events have names.</summary>
    public static void SetStreamingHeaders(IHeaderDictionary headers)
    {
        headers.ContentType = ContentType;
        headers.CacheControl = "no-cache";
        headers.Connection = "keep-alive";
    }

    /// <summary>Writes an event, with a name if the API names its events.</summary>
    public static void Write(IBufferWriter<byte> stream, JsonObject data, string? name = null)
    {
        if (name is not null) Encoding.UTF8.GetBytes($"event: {name}\n", stream);
        stream.Write("data: "u8);
        JsonReply.WriteTo(stream, json => data.WriteTo(json));
        stream.Write("\n\n"u8);
    }

    /// <summary>Writes the end of a stream of OpenAI's completions.</summary>
    public static void WriteDone(IBufferWriter<byte> stream) => stream.Write("data: [DONE]\n\n"u8);
}
