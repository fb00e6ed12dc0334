using System.Text.Json;
using System.Text.Json.Serialization;

namespace OllamaProxy.Protocol;

/// <summary>HTTP headers in their order; one with several values comes several times.</summary>
public sealed class HeaderList(IReadOnlyList<KeyValuePair<string, string>> headers)
{
    /// <summary>None.</summary>
    public static readonly HeaderList Empty = new([]);

    /// <summary>The headers.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> All => headers;

    /// <summary>The first value of a header, whose name may be in any case; null: it is not there.</summary>
    public string? Find(string name)
    {
        foreach (var (header, value) in headers)
            if (header.Equals(name, StringComparison.OrdinalIgnoreCase))
                return value;
        return null;
    }

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    public static HeaderList Parse(string json) =>
        new([.. JsonSerializer.Deserialize(json, HeaderJson.Default.StringArrayArray)!.Select(header => KeyValuePair.Create(header[0], header[1]))]);

    /// <summary>As JSON: an array of pairs.</summary>
    public string ToJson() =>
        JsonSerializer.Serialize(headers.Select(header => new[] { header.Key, header.Value }).ToArray(), HeaderJson.Default.StringArrayArray);
}

/// <summary>The JSON of headers.</summary>
[JsonSerializable(typeof(string[][]))]
internal sealed partial class HeaderJson : JsonSerializerContext;
