using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace OllamaProxy.Protocol;

/// <summary>Reads JSON of which nothing is certain.</summary>
internal static partial class JsonReading
{
    /// <summary>As many levels as Ollama reads.</summary>
    public const int MaxDepth = 10_000;

    private static readonly JsonDocumentOptions Deep = new() { MaxDepth = MaxDepth };

    /// <summary>Reads JSON that may be as deep as Ollama takes it: what is done with it must not descend by recursion.</summary>
    /// <exception cref="JsonException">It is no JSON.</exception>
    public static JsonDocument Parse(ReadOnlyMemory<byte> json) => JsonDocument.Parse(json, Deep);

    /// <summary>Whether it is JSON, and an object.</summary>
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

    /// <summary>Whether a text in valid JSON has half of a surrogate pair, as an escape, so that it is not Unicode (RFC 8259, 8.2).</summary>
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

    /// <summary>A field of an object; null: it is none, or the field is not there or null.</summary>
    public static JsonElement? Find(this JsonElement value, string name) =>
        value.ValueKind == JsonValueKind.Object && value.TryGetProperty(name, out var field) && field.ValueKind != JsonValueKind.Null ? field : null;

    /// <summary>As <see cref="Find"/>, but, unless it is there as it should be, with its name in whatever case, since Ollama looks at none.</summary>
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

    /// <summary>A field that is a text.</summary>
    public static string? Text(this JsonElement value, string name) =>
        value.Find(name) is { ValueKind: JsonValueKind.String } text ? text.Text() : null;

    /// <summary>A text, with what is no character in it replaced, as Ollama does with half of a character pair.</summary>
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
    /// As <see cref="Text(JsonElement)"/>, but of a very long one only the beginning: at least so many characters, if there are.
    /// </summary>
    public static string Text(this JsonElement text, int atLeast)
    {
        // A character takes up to three bytes, and as an escape six.
        var raw = JsonMarshal.GetRawUtf8Value(text);
        var end = 6 * atLeast;
        if (raw.Length <= end)
            return text.Text();
        // Neither a character nor an escape may be cut: the longest is six bytes.
        while ((raw[end] & 0xC0) == 0x80)
            end--;
        if (raw[(end - 6)..end].IndexOf((byte)'\\') is >= 0 and var escape)
            end = end - 6 + escape;
        while (raw[end - 1] == (byte)'\\')
            end--;
        using var beginning = JsonDocument.Parse((byte[])[.. raw[..end], (byte)'"']);
        return beginning.RootElement.Text();
    }

    /// <summary>A field that is a whole number.</summary>
    public static long? Whole(this JsonElement value, string name) =>
        value.Find(name) is { ValueKind: JsonValueKind.Number } number && number.TryGetInt64(out var whole) ? whole : null;

    /// <summary>The items of a field that is an array.</summary>
    public static IEnumerable<JsonElement> Items(this JsonElement value, string name) =>
        value.Find(name) is { ValueKind: JsonValueKind.Array } items ? items.EnumerateArray() : [];

    /// <summary>Any escape of a surrogate: what stands around it is shown as it was written, which is enough for a list.</summary>
    [GeneratedRegex(@"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")]
    private static partial Regex LoneSurrogate();
}
