using System.Text.Json;
using System.Text.RegularExpressions;

namespace OllamaProxy.Ollama;

/// <summary>Reads JSON of which nothing is certain.</summary>
internal static partial class JsonReading
{
    /// <summary>Whether it is JSON, and an object.</summary>
    public static bool IsObject(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return document.RootElement.ValueKind == JsonValueKind.Object;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>A field of an object; null: it is none, or the field is not there or null.</summary>
    public static JsonElement? Find(this JsonElement value, string name) =>
        value.ValueKind == JsonValueKind.Object && value.TryGetProperty(name, out var field) && field.ValueKind != JsonValueKind.Null ? field : null;

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
