using Microsoft.Extensions.Configuration;

namespace OllamaProxy.Telemetry;

/// <summary>
/// Whether metrics, traces and logs are sent to a collector. Only who sets OpenTelemetry's own variables wants that
/// (https://opentelemetry.io/docs/specs/otel/protocol/exporter/).
/// </summary>
/// <param name="IsOn">Whether anything is sent.</param>
public sealed record OtlpExport(bool IsOn)
{
    private static readonly string[] Endpoints =
    [
        "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
        "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
    ];

    /// <summary>Reads the settings.</summary>
    public static OtlpExport Read(IConfiguration settings) => new(
        Endpoints.Any(name => !string.IsNullOrWhiteSpace(settings[name]))
        && !string.Equals(settings["OTEL_SDK_DISABLED"], "true", StringComparison.OrdinalIgnoreCase));
}
