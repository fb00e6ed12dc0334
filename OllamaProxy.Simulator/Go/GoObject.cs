using System.Text.Json;
using OllamaProxy.Simulator.Http;

namespace OllamaProxy.Simulator.Go;

/// <summary>A JSON object that is decoded into a Go struct: null counts as missing, and a wrong type is reported in Go's words.</summary>
internal readonly struct GoObject
{
    private readonly JsonElement _element;
    private readonly string _type;
    private readonly string _prefix;

    /// <param name="element">The JSON value.</param>
    /// <param name="type">The name of the struct, with its package.</param>
    /// <param name="prefix">The path from that struct to this object, if the object is nested.</param>
    /// <exception cref="OllamaException">The value is not an object.</exception>
    public GoObject(JsonElement element, string type, string prefix = "")
    {
        if (element.ValueKind is not JsonValueKind.Object)
            throw OllamaException.BadRequest($"json: cannot unmarshal {KindOf(element)} into Go value of type {type}");
        (_element, _type, _prefix) = (element, type[(type.IndexOf('.', StringComparison.Ordinal) + 1)..], prefix);
    }

    public string Text(string field) => Value(field, JsonValueKind.String, "string")?.GetString() ?? "";

    public bool? Flag(string field) => Any(field) switch
    {
        null => null,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        { } other => throw WrongType(other, field, "bool"),
    };

    /// <summary>A whole number, clamped to the range of an <see cref="int"/>.</summary>
    public int? Integer(string field) => Any(field) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Number } number when double.IsInteger(number.GetDouble()) =>
            (int)Math.Clamp(number.GetDouble(), int.MinValue, int.MaxValue),
        { } other => throw WrongType(other, field, "int"),
    };

    public JsonElement? Value(string field, JsonValueKind kind, string goType) =>
        Any(field) is not { } value ? null : value.ValueKind == kind ? value : throw WrongType(value, field, goType);

    /// <summary>A field of any type. Like Go, it prefers the exact name, and otherwise ignores case.</summary>
    public JsonElement? Any(string field)
    {
        if (_element.TryGetProperty(field, out var value)) return value.ValueKind is JsonValueKind.Null ? null : value;
        foreach (var property in _element.EnumerateObject())
        {
            if (property.Name.Equals(field, StringComparison.OrdinalIgnoreCase)
                && property.Value.ValueKind is not JsonValueKind.Null) return property.Value;
        }

        return null;
    }

    private OllamaException WrongType(JsonElement value, string field, string goType) => OllamaException.BadRequest(
        $"json: cannot unmarshal {KindOf(value)} into Go struct field {_type}.{_prefix}{field} of type {goType}");

    private static string KindOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.True or JsonValueKind.False => "bool",
        JsonValueKind.Object => "object",
        JsonValueKind.Array => "array",
        JsonValueKind.Number => "number",
        _ => "string",
    };
}
