using System.Text.Json;
using System.Text.Json.Serialization;

namespace OllamaProxy.Simulator.Faults;

/// <summary>Source-generated JSON for <see cref="FaultRequest"/>. Unknown names are errors, so that a misspelt one is noticed.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    Converters = [typeof(FaultKindConverter)])]
[JsonSerializable(typeof(FaultRequest))]
internal sealed partial class FaultJson : JsonSerializerContext
{
    /// <summary>Reads the name of a fault. The converter of the library would also accept several names with commas.</summary>
    private sealed class FaultKindConverter : JsonConverter<FaultKind>
    {
        private static readonly Dictionary<string, FaultKind> Kinds = Enum.GetValues<FaultKind>().ToDictionary(
            kind => JsonNamingPolicy.SnakeCaseLower.ConvertName(kind.ToString()), StringComparer.OrdinalIgnoreCase);

        public override FaultKind Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType is JsonTokenType.String && Kinds.TryGetValue(reader.GetString()!, out var kind)
                ? kind
                : throw new JsonException();

        public override void Write(Utf8JsonWriter writer, FaultKind value, JsonSerializerOptions options) =>
            throw new NotSupportedException();
    }
}
