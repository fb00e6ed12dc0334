using System.Buffers;
using System.Text.Json;
using OllamaProxy.Simulator.Http;

namespace OllamaProxy.Simulator.Native;

/// <summary>Writes the lines of Ollama's own streams.</summary>
internal static class Ndjson
{
    public const string ContentType = "application/x-ndjson";

    public static void Write(IBufferWriter<byte> stream, Action<Utf8JsonWriter> write)
    {
        JsonReply.WriteTo(stream, write);
        stream.Write("\n"u8);
    }
}
