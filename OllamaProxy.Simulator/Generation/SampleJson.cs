using System.Text.Json;
using System.Text.Json.Nodes;

namespace OllamaProxy.Simulator.Generation;

/// <summary>
/// Generates a value for a JSON Schema, always the same for the same schema. It follows types, but not limits such as minLength.
/// </summary>
internal static class SampleJson
{
    private const int MaxDepth = 16;

    public static JsonNode? Of(JsonElement schema) => Of(schema, schema, depth: 0);

    private static JsonNode? Of(JsonElement schema, JsonElement root, int depth)
    {
        if (schema.ValueKind is not JsonValueKind.Object || depth > MaxDepth) return null;
        if (schema.TryGetProperty("const", out var only)) return NodeOf(only);
        if (First(schema, "enum") is { } value) return NodeOf(value);
        if ((First(schema, "anyOf") ?? First(schema, "oneOf") ?? First(schema, "allOf")) is { } choice) return Of(choice, root, depth + 1);
        if (schema.TryGetProperty("$ref", out var path)) return Of(Resolve(root, path), root, depth + 1);
        return TypeOf(schema) switch
        {
            "string" => "simulator",
            "integer" or "number" => 1,
            "boolean" => true,
            "array" => schema.TryGetProperty("items", out var items) ? new JsonArray(Of(items, root, depth + 1)) : new JsonArray(),
            "null" => null,
            _ => ObjectOf(schema, root, depth),
        };
    }

    private static JsonObject ObjectOf(JsonElement schema, JsonElement root, int depth)
    {
        var sample = new JsonObject();
        if (!schema.TryGetProperty("properties", out var properties) || properties.ValueKind is not JsonValueKind.Object) return sample;
        foreach (var property in properties.EnumerateObject()) sample[property.Name] = Of(property.Value, root, depth + 1);
        return sample;
    }

    private static string? TypeOf(JsonElement schema)
    {
        var type = First(schema, "type") ?? (schema.TryGetProperty("type", out var single) ? single : default);
        return type.ValueKind is JsonValueKind.String ? type.GetString() : null;
    }

    private static JsonElement? First(JsonElement schema, string name)
    {
        var isArray = schema.TryGetProperty(name, out var values) && values.ValueKind is JsonValueKind.Array;
        return isArray && values.GetArrayLength() > 0 ? values[0] : null;
    }

    private static JsonElement Resolve(JsonElement root, JsonElement path)
    {
        if (path.ValueKind is not JsonValueKind.String) return default;
        var found = root;
        foreach (var step in path.GetString()!.Split('/').Skip(1))
        {
            if (found.ValueKind is not JsonValueKind.Object || !found.TryGetProperty(step, out found)) return default;
        }

        return found;
    }

    private static JsonNode? NodeOf(JsonElement value) => JsonNode.Parse(value.GetRawText());
}
