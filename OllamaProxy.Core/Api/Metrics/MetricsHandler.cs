using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace OllamaProxy.Api.Metrics;

/// <summary>Serves the metrics to Prometheus, by the exporter of OpenTelemetry, which is a piece of ASP.NET Core's pipeline.</summary>
public sealed class MetricsHandler(QueueGauges gauges, IServiceProvider services)
{
    private readonly RequestDelegate _scrape =
        new ApplicationBuilder(services).UseOpenTelemetryPrometheusScrapingEndpoint($"/{Routes.Metrics}").Build();

    /// <summary>The metrics as text: 200.</summary>
    public async Task<IResult> MetricsAsync(HttpContext context)
    {
        await gauges.RefreshAsync(context.RequestAborted);
        return new Scrape(_scrape);
    }

    private sealed record Scrape(RequestDelegate Run) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext) => Run(httpContext);
    }
}
