using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using OllamaProxy.Telemetry;
using OpenTelemetry.Metrics;

namespace OllamaProxy.Api.Metrics;

/// <summary>
/// Serves the metrics to Prometheus, by the exporter of OpenTelemetry, which is a piece of ASP.NET Core's pipeline. Nothing is measured
/// before somebody has asked.
/// </summary>
public sealed class MetricsHandler(QueueGauges gauges, IServiceProvider services) : IDisposable
{
    private readonly Lock _lock = new();
    private MeterProvider? _metrics;
    private RequestDelegate? _scrape;

    /// <summary>The metrics as text, counted from the first request on: 200.</summary>
    public async Task<IResult> MetricsAsync(HttpContext context)
    {
        await gauges.RefreshAsync(context.RequestAborted);
        return new Scrape(Begin());
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
            _metrics?.Dispose();
    }

    private RequestDelegate Begin()
    {
        lock (_lock)
            return _scrape ??= new ApplicationBuilder(services)
                .UseOpenTelemetryPrometheusScrapingEndpoint(
                    _metrics = TelemetryServices.CreateMetricsForPrometheus(), null, $"/{Routes.Metrics}", null, null)
                .Build();
    }

    private sealed record Scrape(RequestDelegate Run) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext) => Run(httpContext);
    }
}
