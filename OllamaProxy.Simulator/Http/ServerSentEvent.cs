using System.Buffers;
using System.Text;
using System.Text.Json.Nodes;
namespace OllamaProxy.Simulator.Http;

/// <summary>Writes the events of a <c>text/event-stream</c>.</summary>
internal static class ServerSentEvent
{
    public const string ContentType = "text/event-stream";

    /// <summary>Sets the headers of the streams whose events have names.</summary>
    public static void SetStreamingHeaders(IHeaderDictionary headers)
    {
        headers.ContentType = ContentType;
        headers.CacheControl = "no-cache";
        headers.Connection = "keep-alive";
    }

    /// <summary>Writes one event; without a name where the API gives its events none.</summary>
    public static void Write(IBufferWriter<byte> stream, JsonObject data, string? name = null)
    {
        if (name is not null) Encoding.UTF8.GetBytes($"event: {name}\n", stream);
        stream.Write("data: "u8);
        JsonReply.WriteTo(stream, json => data.WriteTo(json));
        stream.Write("\n\n"u8);
    }

    /// <summary>Writes how OpenAI ends a stream of completions.</summary>
    public static void WriteDone(IBufferWriter<byte> stream) => stream.Write("data: [DONE]\n\n"u8);
}
