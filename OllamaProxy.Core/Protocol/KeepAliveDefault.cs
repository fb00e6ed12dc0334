using System.Text;
using System.Text.Json;

namespace OllamaProxy.Protocol;

/// <summary>
/// Puts <c>OLLAMA_KEEP_ALIVE</c> into calls of Ollama's own routes that say nothing of <c>keep_alive</c>, or null, which is the same to
/// Ollama; the routes that it has in common with others know no such field. Without that setting, every call stays as it came.
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

    /// <summary>The body with the value; null: it has one of its own, or is no object.</summary>
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
        reader.Read(); // Nothing may follow; else it is no JSON, and Ollama has something to say about it.
        if (at < 0)
            return [.. body[..start], .. "\"keep_alive\":"u8, .. json, .. isEmpty ? [] : ","u8, .. body[start..]];
        return isNull ? [.. body[..at], .. json, .. body[(at + "null".Length)..]] : null;
    }
}
