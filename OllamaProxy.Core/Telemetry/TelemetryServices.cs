using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace OllamaProxy.Telemetry;

/// <summary>
/// Puts OpenTelemetry's SDK together: metrics for <c>/metrics</c> always; and metrics, traces and logs by OTLP where that is asked for.
/// </summary>
internal static class TelemetryServices
{
    private const string ServiceName = "ollama-proxy";

    /// <summary>The runtime's own meter: memory, garbage collection, threads.</summary>
    private const string Runtime = "System.Runtime";

    public static void AddTelemetry(this IHostApplicationBuilder builder)
    {
        var export = OtlpExport.Read(builder.Configuration);
        builder.Services.AddSingleton(export);
        builder.Services.AddSingleton<MetricLabels>();
        builder.Services.AddSingleton<PromptMetrics>();
        var telemetry = builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService(
                ServiceName, serviceVersion: typeof(TelemetryServices).Assembly.GetName().Version?.ToString(3)))
            .WithMetrics(metrics => metrics.AddMeter(PromptMetrics.Meter, Runtime).AddPrometheusExporter());
        if (export.IsOn)
            telemetry.WithTracing(tracing => tracing.AddSource(PromptTraces.Source)).WithLogging().UseOtlpExporter();
    }
}
