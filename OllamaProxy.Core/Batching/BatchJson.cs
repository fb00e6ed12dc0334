using System.Text.Encodings.Web;
using System.Text.Json.Serialization;

namespace OllamaProxy.Batching;

/// <summary>A mistake in the input of a batch.</summary>
/// <param name="Code">A word for programs.</param>
/// <param name="Line">The line, from 1; null: all of them.</param>
/// <param name="Message">A sentence for people.</param>
/// <param name="Param">The field; null: none in particular.</param>
internal sealed record BatchError(string Code, long? Line, string Message, string? Param);

/// <summary>The JSON that is stored with a batch.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(BatchError[]))]
internal sealed partial class BatchJson : JsonSerializerContext
{
    /// <summary>Writes texts as they are.</summary>
    public static BatchJson Relaxed => field ??= new(new(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
