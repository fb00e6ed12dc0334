using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace OllamaProxy.Simulator.Http;

/// <summary>Writes JSON with Ollama's escaping, and answers that are a single JSON object.</summary>
internal static class JsonReply
{
    // Ollama escapes little: an apostrophe in an error stays an apostrophe.
    private static readonly JsonWriterOptions WriterOptions =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    public static Task ErrorAsync(HttpResponse response, int status, string error, CancellationToken ct) =>
        ApiFamily.Native.ErrorAsync(response, status, error, ct);

    public static void WriteError(Utf8JsonWriter json, string error)
    {
        json.WriteStartObject();
        json.WriteString("error", error);
        json.WriteEndObject();
    }

    public static async Task WriteAsync(
        HttpResponse response, Action<Utf8JsonWriter> write, CancellationToken ct, JsonFraming? framing = null)
    {
        framing ??= JsonFraming.Gin;
        var bytes = ToBytes(write, framing);
        response.ContentType = framing.ContentType;
        response.ContentLength = bytes.Length;
        await response.BodyWriter.WriteAsync(bytes, ct);
    }

    public static ReadOnlyMemory<byte> ToBytes(Action<Utf8JsonWriter> write, JsonFraming framing)
    {
        var buffer = new ArrayBufferWriter<byte>();
        WriteTo(buffer, write);
        Encoding.UTF8.GetBytes(framing.End, buffer);
        return buffer.WrittenMemory;
    }

    public static string ToText(JsonNode node) =>
        Encoding.UTF8.GetString(ToBytes(json => node.WriteTo(json), JsonFraming.Gin).Span);

    public static void WriteTo(IBufferWriter<byte> output, Action<Utf8JsonWriter> write)
    {
        using var json = new Utf8JsonWriter(output, WriterOptions);
        write(json);
    }
}
