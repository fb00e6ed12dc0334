using System.Text.Json;

namespace OllamaProxy.Protocol;

/// <summary>
/// Options that are put into the requests for a model: each where the client says nothing about it. All else stays byte for byte.
/// </summary>
/// <param name="options">The options, each with its value as JSON in UTF-8.</param>
public sealed class DefaultOptions(IReadOnlyDictionary<string, byte[]> options)
{
    /// <summary>No options: every request stays as it is.</summary>
    public static readonly DefaultOptions None = new(new Dictionary<string, byte[]>());

    /// <summary>The value of an option as JSON; null: there is none.</summary>
    internal byte[]? Find(string name) => options.GetValueOrDefault(name);

    /// <summary>
    /// Puts the options into a request of Ollama's own API. What is no JSON object, or whose <c>options</c> are none, stays as it is:
    /// Ollama will say so.
    /// </summary>
    public ReadOnlyMemory<byte> ApplyTo(ReadOnlyMemory<byte> request)
    {
        if (options.Count == 0)
            return request;
        try
        {
            return ApplyTo(request.Span) is { } with ? with : request;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return request;
        }
    }

    /// <summary>The request with the options; null: it says something about each, or there is no place for them.</summary>
    private byte[]? ApplyTo(ReadOnlySpan<byte> request)
    {
        var field = JsonField.Find(request, "options"u8, out var into, out var isEmpty);
        return field switch
        {
            null when into == 0 => null,
            null => [.. request[..into], .. "\"options\":{"u8, .. Join(options), (byte)'}', .. isEmpty ? [] : ","u8, .. request[into..]],
            { Kind: JsonTokenType.Null } all => [.. request[..all.Start], (byte)'{', .. Join(options), (byte)'}', .. request[all.End..]],
            { Kind: JsonTokenType.StartObject } some => ApplyTo(request, some),
            _ => null,
        };
    }

    private byte[]? ApplyTo(ReadOnlySpan<byte> request, JsonField field)
    {
        var given = request[field.Start..field.End].ToArray();
        using var document = JsonDocument.Parse(given);
        // Ollama ignores an option that is null.
        var missing = options.Where(option => document.RootElement.Find(option.Key) is null).ToList();
        if (missing.Count == 0)
            return null;
        // Behind what the client sent: of two options of one name, of which the first is null, the last counts.
        var end = field.End - 1;
        var isEmpty = !document.RootElement.EnumerateObject().Any();
        return [.. request[..end], .. isEmpty ? [] : ","u8, .. Join(missing), .. request[end..]];
    }

    private static byte[] Join(IEnumerable<KeyValuePair<string, byte[]>> options)
    {
        var json = new List<byte>();
        foreach (var (name, value) in options)
        {
            json.AddRange(json.Count > 0 ? ",\""u8 : "\""u8);
            json.AddRange([.. JsonEncodedText.Encode(name).EncodedUtf8Bytes, .. "\":"u8, .. value]);
        }
        return [.. json];
    }
}
