using System.Text.Json;
using System.Text.Json.Serialization;

namespace OllamaProxy.Simulator;

/// <summary>Reads a <see cref="FaultRequest"/>; a name it does not know is an error, so that a misspelt one is seen.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    Converters = [typeof(FaultKindConverter)])]
[JsonSerializable(typeof(FaultRequest))]
internal sealed partial class FaultJson : JsonSerializerContext
{
    private sealed class FaultKindConverter()
        : JsonStringEnumConverter<FaultKind>(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false);
}
