using System.Text.Json;
using System.Text.Json.Serialization;

namespace OllamaProxy.Protocol;

/// <summary>HTTP headers in their order. A header with several values occurs several times.</summary>
public sealed class HeaderList(IReadOnlyList<KeyValuePair<string, string>> headers)
{
    /// <summary>No headers.</summary>
    public static readonly HeaderList Empty = new([]);

    /// <summary>The headers.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> All => headers;

    /// <summary>The first value of a header, whose name is compared without case; null: it is missing.</summary>
    public string? Find(string name)
    {
        foreach (var (header, value) in headers)
            if (header.Equals(name, StringComparison.OrdinalIgnoreCase))
                return value;
        return null;
    }

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    public static HeaderList Parse(string json) =>
        new([.. JsonSerializer.Deserialize(json, HeaderJson.Default.StringArrayArray)!
            .Select(header => KeyValuePair.Create(header[0], header[1]))]);

    /// <summary>Writes the headers as a JSON array of pairs.</summary>
    public string ToJson() =>
        JsonSerializer.Serialize(
            headers.Select(header => new[] { header.Key, header.Value }).ToArray(), HeaderJson.Default.StringArrayArray);
}

/// <summary>Source-generated JSON for headers.</summary>
[JsonSerializable(typeof(string[][]))]
internal sealed partial class HeaderJson : JsonSerializerContext;
