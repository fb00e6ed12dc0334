using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace OllamaProxy.Protocol;

/// <summary>Reads JSON from clients and from Ollama without trusting its shape, as leniently as Ollama does.</summary>
internal static partial class JsonReading
{
    /// <summary>The deepest nesting that Ollama reads.</summary>
    public const int MaxDepth = 10_000;

    /// <summary>Reads JSON that is nested as deeply as that.</summary>
    public static readonly JsonDocumentOptions Deep = new() { MaxDepth = MaxDepth };

    /// <summary>Parses JSON that may be nested as deeply as Ollama accepts. Code that walks it must not use recursion.</summary>
    /// <exception cref="JsonException">The text is not JSON.</exception>
    public static JsonDocument Parse(ReadOnlyMemory<byte> json) => JsonDocument.Parse(json, Deep);

    /// <summary>Whether the text is a JSON object.</summary>
    public static bool IsObject(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = Parse(json);
            return document.RootElement.ValueKind == JsonValueKind.Object;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>
    /// Whether a text in valid JSON has half of a surrogate pair, as an escape, so that it is not Unicode (RFC 8259, 8.2).
    /// </summary>
    public static bool HasLoneSurrogate(ReadOnlySpan<byte> json)
    {
        if (json.IndexOf("\\u"u8) < 0)
            return false;
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MaxDepth });
        try
        {
            while (reader.Read())
                if (reader is { TokenType: JsonTokenType.String or JsonTokenType.PropertyName, ValueIsEscaped: true })
                    reader.GetString();
            return false;
        }
        catch (InvalidOperationException)
        {
            return true;
        }
    }

    /// <summary>A field of an object; null: the value is no object, or the field is missing or null.</summary>
    public static JsonElement? Find(this JsonElement value, string name) =>
        value.ValueKind == JsonValueKind.Object && value.TryGetProperty(name, out var field) && field.ValueKind != JsonValueKind.Null
            ? field
            : null;

    /// <summary>Like <see cref="Find"/>, but where no field has exactly this name, its case is ignored, as Ollama does.</summary>
    public static JsonElement? FindInAnyCase(this JsonElement value, string name)
    {
        if (value.Find(name) is { } exact)
            return exact;
        if (value.ValueKind == JsonValueKind.Object)
            foreach (var field in value.EnumerateObject())
                if (field.Value.ValueKind != JsonValueKind.Null && field.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
                    return field.Value;
        return null;
    }

    /// <summary>A field that is a string; null: it is not.</summary>
    public static string? Text(this JsonElement value, string name) =>
        value.Find(name) is { ValueKind: JsonValueKind.String } text ? text.Text() : null;

    /// <summary>The value of a string. Lone surrogates are replaced, as Ollama does.</summary>
    public static string Text(this JsonElement text)
    {
        try
        {
            return text.GetString()!;
        }
        catch (InvalidOperationException)
        {
            return LoneSurrogate().Replace(text.GetRawText()[1..^1], "\ufffd");
        }
    }

    /// <summary>
    /// Like <see cref="Text(JsonElement)"/>, but of a very long string only the beginning: at least this many characters.
    /// </summary>
    public static string Text(this JsonElement text, int atLeast)
    {
        // A character of UTF-16 takes up to three bytes, and as an escape six.
        var raw = JsonMarshal.GetRawUtf8Value(text);
        var end = 6 * atLeast;
        if (raw.Length <= end)
            return text.Text();
        // Move the cut to before a character or an escape that it would split. The longest escape has six bytes.
        while ((raw[end] & 0xC0) == 0x80)
            end--;
        if (raw[(end - 6)..end].IndexOf((byte)'\\') is >= 0 and var escape)
            end = end - 6 + escape;
        while (raw[end - 1] == (byte)'\\')
            end--;
        using var beginning = JsonDocument.Parse((byte[])[.. raw[..end], (byte)'"']);
        return beginning.RootElement.Text();
    }

    /// <summary>A field that is a whole number; null: it is not.</summary>
    public static long? Whole(this JsonElement value, string name) =>
        value.Find(name) is { ValueKind: JsonValueKind.Number } number && number.TryGetInt64(out var whole) ? whole : null;

    /// <summary>The items of a field that is an array; none: it is not.</summary>
    public static IEnumerable<JsonElement> Items(this JsonElement value, string name) =>
        value.Find(name) is { ValueKind: JsonValueKind.Array } items ? items.EnumerateArray() : [];

    /// <summary>
    /// Matches any escape of a surrogate, even one of a pair. The rest of the text stays as it was written, which is good enough for a
    /// list.
    /// </summary>
    [GeneratedRegex(@"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")]
    private static partial Regex LoneSurrogate();
}
