using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using OllamaProxy.Api.Errors;

namespace OllamaProxy.Api.Http;

/// <summary>Reads fields of an object that a client sent. A field that is null counts as left out.</summary>
/// <param name="body">The object.</param>
internal readonly struct JsonFields(JsonElement body)
{
    /// <summary>A string; null where it is left out.</summary>
    /// <exception cref="ProblemException">400: it is of another kind.</exception>
    public string? Text(string name) => Find(name, "a string", JsonValueKind.String)?.GetString();

    /// <summary>A whole number within bounds; null where it is left out.</summary>
    /// <exception cref="ProblemException">400: it is of another kind, has a fraction, or is out of bounds.</exception>
    public int? Int32(string name, int min, int max)
    {
        if (Find(name, "a whole number", JsonValueKind.Number) is not { } value)
            return null;
        return value.TryGetInt32(out var number) && number >= min && number <= max ? number
            : throw OutOfBounds(name, "a whole number", min, max, value);
    }

    /// <summary>A number of seconds above 0; null where it is left out.</summary>
    /// <exception cref="ProblemException">400: it is of another kind or out of bounds.</exception>
    public TimeSpan? Seconds(string name, double min, double max)
    {
        if (Find(name, "a number of seconds", JsonValueKind.Number) is not { } value)
            return null;
        return value.TryGetDouble(out var number) && number >= min && number <= max ? TimeSpan.FromSeconds(number)
            : throw OutOfBounds(name, "a number of seconds", min, max, value);
    }

    /// <summary>A value of one of some kinds, byte for byte as it came; null where it is left out.</summary>
    /// <exception cref="ProblemException">400: it is of another kind.</exception>
    public ReadOnlyMemory<byte>? Raw(string name, string expected, params ReadOnlySpan<JsonValueKind> kinds)
    {
        if (Find(name, expected, kinds) is { } value)
            return JsonMarshal.GetRawUtf8Value(value).ToArray();
        return null;
    }

    /// <summary>A value of one of some kinds; null where it is left out.</summary>
    /// <exception cref="ProblemException">400: it is of another kind.</exception>
    public JsonElement? Find(string name, string expected, params ReadOnlySpan<JsonValueKind> kinds)
    {
        if (!body.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
            return null;
        return kinds.Contains(value.ValueKind) ? value
            : throw Problems.BadRequest($"'{name}' must be {expected}, but is {JsonKinds.Name(value)}.");
    }

    private static ProblemException OutOfBounds(string name, string expected, double min, double max, JsonElement value) =>
        Problems.BadRequest(
            string.Create(CultureInfo.InvariantCulture, $"'{name}' must be {expected} from {min} to {max}, but is {value.GetRawText()}."));
}
