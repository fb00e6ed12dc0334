using OllamaProxy.Protocol;

namespace OllamaProxy.Telemetry;

/// <summary>Words of OpenTelemetry's conventions for generative AI (https://opentelemetry.io/docs/specs/semconv/gen-ai/).</summary>
internal static class GenAI
{
    /// <summary>The value of <c>gen_ai.operation.name</c>.</summary>
    public static string OperationOf(ApiRoute route) => route.Kind switch
    {
        CallKind.Chat => "chat",
        CallKind.Embed => "embeddings",
        _ => "text_completion",
    };
}
