using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace OllamaProxy.Protocol.Dialects;

/// <summary>The field <c>keep_alive</c> of Ollama's own API: for how long a model stays loaded after a call.</summary>
internal static partial class KeepAlive
{
    private static readonly JsonReaderOptions Deep = new() { MaxDepth = JsonReading.MaxDepth };

    /// <summary>
    /// Puts <c>OLLAMA_KEEP_ALIVE</c> into a call of Ollama's own API whose <c>keep_alive</c> is left out or null, which is the same to
    /// Ollama. Without that setting, or in another dialect, or where the body is no JSON object, the call stays as it came.
    /// </summary>
    /// <param name="route">The route of the call.</param>
    /// <param name="body">Its body.</param>
    /// <param name="json">The setting, as a JSON value; null: there is none.</param>
    public static ReadOnlyMemory<byte> ApplyDefault(ApiRoute route, ReadOnlyMemory<byte> body, string? json)
    {
        if (json is null || !route.Dialect.HasKeepAlive)
            return body;
        try
        {
            return ApplyDefault(body.Span, Encoding.UTF8.GetBytes(json)) is { } with ? with : body;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return body;
        }
    }

    /// <summary>
    /// Whether a call only unloads a model, which is no work for it: a call of <c>/api/generate</c> without a prompt, or of
    /// <c>/api/chat</c> without messages, with a <c>keep_alive</c> of zero (https://docs.ollama.com/api/generate#unload-a-model).
    /// </summary>
    public static bool IsUnload(ApiRoute route, JsonElement body) => route.Dialect.HasKeepAlive
        && body.FindInAnyCase("keep_alive") is { } keepAlive && IsZero(keepAlive)
        && route.Kind switch
        {
            CallKind.Generate => IsEmpty(body, "prompt"),
            CallKind.Chat => IsEmpty(body, "messages"),
            _ => false,
        };

    /// <summary>The body with the value; null: it has one of its own, or is no object.</summary>
    private static byte[]? ApplyDefault(ReadOnlySpan<byte> body, ReadOnlySpan<byte> json)
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
        reader.Read(); // Throws if anything follows: then the body is not JSON, and Ollama reports that.
        if (at < 0)
            return [.. body[..start], .. "\"keep_alive\":"u8, .. json, .. isEmpty ? [] : ","u8, .. body[start..]];
        return isNull ? [.. body[..at], .. json, .. body[(at + "null".Length)..]] : null;
    }

    /// <summary>Whether a field is empty or missing. Ollama ignores the case of its name, and takes the last of several.</summary>
    private static bool IsEmpty(JsonElement body, string name) => body.EnumerateObject()
        .Where(field => field.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
        .All(field => field.Value.ValueKind switch
        {
            JsonValueKind.Null => true,
            JsonValueKind.String => field.Value.Text().Length == 0,
            JsonValueKind.Array => field.Value.GetArrayLength() == 0,
            _ => false,
        });

    /// <summary>Whether it is zero as Ollama reads it: a number of seconds, cut to nanoseconds, or one of Go's durations.</summary>
    private static bool IsZero(JsonElement keepAlive) => keepAlive.ValueKind switch
    {
        JsonValueKind.Number => keepAlive.TryGetDouble(out var seconds) && seconds >= 0 && seconds < 1e-9,
        JsonValueKind.String => ZeroDuration().IsMatch(keepAlive.Text()),
        _ => false,
    };

    [GeneratedRegex(@"^[+-]?(0|((0+\.?0*|\.0+)(ns|us|µs|μs|ms|s|m|h))+)$", RegexOptions.CultureInvariant)]
    private static partial Regex ZeroDuration();
}
