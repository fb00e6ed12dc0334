using System.Text.Json;
using System.Text.Json.Serialization;
using OllamaProxy.Statistics;

namespace OllamaProxy.Storage.Trends;

/// <summary>
/// The figures of a trend as both stores keep them: as JSON, since no query looks into them. Members that an older version did not know
/// are 0.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(TrendFigures))]
internal sealed partial class TrendJson : JsonSerializerContext
{
    public static string Write(TrendFigures figures) => JsonSerializer.Serialize(figures, Default.TrendFigures);

    public static TrendFigures Read(string json) => JsonSerializer.Deserialize(json, Default.TrendFigures) ?? new();
}
