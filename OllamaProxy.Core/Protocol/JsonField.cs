using System.Text;
using System.Text.Json;

namespace OllamaProxy.Protocol;

/// <summary>Where a field of a JSON object stands in its text, so that the text can be changed there and nowhere else.</summary>
/// <param name="Start">Where its value begins, in bytes.</param>
/// <param name="End">Where its value ends.</param>
/// <param name="Kind">What its value begins with.</param>
internal readonly record struct JsonField(int Start, int End, JsonTokenType Kind)
{
    private static readonly JsonReaderOptions Deep = new() { MaxDepth = JsonReading.MaxDepth };

    /// <summary>
    /// Finds a field by its name in any case, as Ollama does; of several the last one, which is the one that Ollama takes.
    /// </summary>
    /// <param name="json">The text.</param>
    /// <param name="name">The name, in lower case and ASCII.</param>
    /// <param name="into">Where a first field could be put: after the brace that begins the object; 0: the text is no object.</param>
    /// <param name="isEmpty">Whether the object has no fields.</param>
    /// <returns>The field; null: there is none.</returns>
    /// <exception cref="JsonException">The text is not JSON.</exception>
    public static JsonField? Find(ReadOnlySpan<byte> json, ReadOnlySpan<byte> name, out int into, out bool isEmpty)
    {
        var reader = new Utf8JsonReader(json, Deep);
        var found = default(JsonField?);
        (into, isEmpty) = (0, true);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            return null;
        into = (int)reader.BytesConsumed;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            isEmpty = false;
            var isNamed = reader.ValueTextEquals(name) || Ascii.EqualsIgnoreCase(reader.ValueSpan, name);
            reader.Read();
            var (start, kind) = ((int)reader.TokenStartIndex, reader.TokenType);
            reader.Skip();
            if (isNamed)
                found = new(start, (int)reader.BytesConsumed, kind);
        }
        reader.Read(); // Throws if anything follows.
        return found;
    }
}
