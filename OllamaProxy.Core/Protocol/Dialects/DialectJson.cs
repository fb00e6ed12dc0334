using System.Text.Encodings.Web;
using System.Text.Json.Serialization;

namespace OllamaProxy.Protocol.Dialects;

/// <summary>The JSON of errors in the dialects.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(OllamaErrorResource))]
[JsonSerializable(typeof(OpenAIErrorResource))]
[JsonSerializable(typeof(AnthropicErrorResource))]
[JsonSerializable(typeof(ResponsesErrorEvent))]
internal sealed partial class DialectJson : JsonSerializerContext
{
    /// <summary>Writes texts as they are, not as <c>\u00e9</c>: these answers are never part of a page.</summary>
    public static DialectJson Relaxed => field ??= new(new(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
