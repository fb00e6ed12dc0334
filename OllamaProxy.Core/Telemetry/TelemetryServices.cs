using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace OllamaProxy.Telemetry;

/// <summary>
/// Puts OpenTelemetry's SDK together: metrics for Prometheus as soon as it asks; and metrics, traces and logs by OTLP where that is wanted.
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
        builder.Services.AddMetrics();
        builder.Services.AddSingleton<MetricLabels>();
        builder.Services.AddSingleton<PromptMetrics>();
        builder.Services.AddSingleton<PromptTraces>();
        builder.Services.AddSingleton<TrendRecorder>();
        builder.Services.AddHostedService(provider => provider.GetRequiredService<TrendRecorder>());
        if (export.IsOn)
            builder.Services.AddOpenTelemetry()
                .ConfigureResource(Name)
                .WithMetrics(metrics => metrics.AddMeter(PromptMetrics.Meter, Runtime))
                .WithTracing(traces => traces.AddSource(PromptTraces.Source))
                .WithLogging()
                .UseOtlpExporter();
    }

    /// <summary>Begins to measure for Prometheus, until the provider is disposed of.</summary>
    public static MeterProvider CreateMetricsForPrometheus() => Sdk.CreateMeterProviderBuilder()
        .ConfigureResource(Name)
        .AddMeter(PromptMetrics.Meter, Runtime)
        .AddPrometheusExporter()
        .Build();

    private static void Name(ResourceBuilder resource) =>
        resource.AddService(ServiceName, serviceVersion: typeof(TelemetryServices).Assembly.GetName().Version?.ToString(3));
}
