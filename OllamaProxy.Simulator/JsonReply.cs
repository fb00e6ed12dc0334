using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace OllamaProxy.Simulator;

/// <summary>Writes the answers that are one JSON object.</summary>
internal static class JsonReply
{
    public const string ContentType = "application/json; charset=utf-8";

    // Ollama escapes little: an apostrophe in an error stays one.
    private static readonly JsonWriterOptions WriterOptions =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    public static Task ErrorAsync(HttpResponse response, int status, string error, CancellationToken ct)
    {
        response.StatusCode = status;
        return WriteAsync(response, json => WriteError(json, error), ct);
    }

    public static void WriteError(Utf8JsonWriter json, string error)
    {
        json.WriteStartObject();
        json.WriteString("error", error);
        json.WriteEndObject();
    }

    public static async Task WriteAsync(HttpResponse response, Action<Utf8JsonWriter> write, CancellationToken ct)
    {
        var bytes = ToBytes(write);
        response.ContentType = ContentType;
        response.ContentLength = bytes.Length;
        await response.BodyWriter.WriteAsync(bytes, ct);
    }

    public static ReadOnlyMemory<byte> ToBytes(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        WriteTo(buffer, write);
        return buffer.WrittenMemory;
    }

    public static void WriteTo(IBufferWriter<byte> output, Action<Utf8JsonWriter> write)
    {
        using var json = new Utf8JsonWriter(output, WriterOptions);
        write(json);
    }
}
