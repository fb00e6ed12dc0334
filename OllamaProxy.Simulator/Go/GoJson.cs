using System.Text.Json;
using OllamaProxy.Simulator.Http;

namespace OllamaProxy.Simulator.Go;

/// <summary>
/// Parses a body as Ollama's Go code does: it reads one JSON value, ignores what follows, and reports errors in Go's words.
/// </summary>
internal static class GoJson
{
    /// <exception cref="OllamaException">
    /// The body is empty or not JSON, contains invalid Unicode, or was rejected by <paramref name="read"/>.
    /// </exception>
    public static T Read<T>(ReadOnlySpan<byte> body, Func<JsonElement, T> read, string emptyBody = "missing request body")
    {
        using var document = Parse(body, emptyBody);
        try
        {
            return read(document.RootElement);
        }
        catch (InvalidOperationException)
        {
            throw OllamaException.BadRequest("invalid Unicode in string");
        }
    }

    private static JsonDocument Parse(ReadOnlySpan<byte> body, string emptyBody)
    {
        if (body.Trim(" \t\r\n"u8).IsEmpty) throw OllamaException.BadRequest(emptyBody);
        var reader = new Utf8JsonReader(body, isFinalBlock: false, new JsonReaderState(new() { MaxDepth = 1000 }));
        try
        {
            return JsonDocument.TryParseValue(ref reader, out var document) ? document : throw OllamaException.BadRequest("unexpected EOF");
        }
        catch (JsonException exception)
        {
            throw OllamaException.BadRequest($"invalid character {CharacterAt(body, exception)} looking for beginning of value");
        }
    }

    private static string CharacterAt(ReadOnlySpan<byte> body, JsonException exception)
    {
        for (var line = exception.LineNumber ?? 0; line > 0; line--) body = body[(body.IndexOf((byte)'\n') + 1)..];
        var position = (int)Math.Min(exception.BytePositionInLine ?? 0, body.Length - 1);
        return GoCharacter.Quote(body[position]);
    }
}
