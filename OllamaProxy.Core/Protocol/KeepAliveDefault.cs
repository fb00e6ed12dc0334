using System.Text;
using System.Text.Json;

namespace OllamaProxy.Protocol;

/// <summary>
/// Adds <c>OLLAMA_KEEP_ALIVE</c> to calls of Ollama's own routes whose <c>keep_alive</c> is missing or null, which means the same to
/// Ollama. Routes of other APIs have no such field. Without the setting, every call stays as it came.
/// </summary>
internal static class KeepAliveDefault
{
    private static readonly JsonReaderOptions Deep = new() { MaxDepth = 10_000 };

    public static ReadOnlyMemory<byte> Apply(ApiRoute endpoint, ReadOnlyMemory<byte> body, string? json)
    {
        if (json is null || endpoint.Family != ApiFamily.Ollama)
            return body;
        try
        {
            return Apply(body.Span, Encoding.UTF8.GetBytes(json)) is { } with ? with : body;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return body;
        }
    }

    /// <summary>The body with the value; null: the body has a value of its own, or is no object.</summary>
    private static byte[]? Apply(ReadOnlySpan<byte> body, ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(body, Deep);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            return null;
        var (start, isEmpty, isNull, at) = ((int)reader.BytesConsumed, true, true, -1);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            isEmpty = false;
            var isKeepAlive = reader.ValueTextEquals("keep_alive"u8) || Ascii.EqualsIgnoreCase(reader.ValueSpan, "keep_alive"u8);
            reader.Read();
            if (isKeepAlive) // Of several, Ollama takes the last.
                (isNull, at) = (reader.TokenType == JsonTokenType.Null, (int)reader.TokenStartIndex);
            reader.Skip();
        }
        reader.Read(); // Throws if anything follows: then it is not JSON, which Ollama is to report.
        if (at < 0)
            return [.. body[..start], .. "\"keep_alive\":"u8, .. json, .. isEmpty ? [] : ","u8, .. body[start..]];
        return isNull ? [.. body[..at], .. json, .. body[(at + "null".Length)..]] : null;
    }
}
