using Microsoft.AspNetCore.Http;
using OllamaProxy.Api.Errors;
using OllamaProxy.Api.Http;
using OllamaProxy.Hosting;
using OllamaProxy.Protocol;
using OllamaProxy.Statistics;
using OllamaProxy.Storage.Trends;
using OllamaProxy.Telemetry;

namespace OllamaProxy.Api.Stats;

/// <summary>
/// The API that tells how the queue has done in the last hour, day or week. However many ask, the store is read every few seconds at most.
/// </summary>
public sealed class TrendHandlers
{
    private static readonly TimeSpan GoodFor = TimeSpan.FromSeconds(2);

    private readonly TimeProvider _time;
    private readonly Dictionary<string, (TrendSpan Span, Cached<IReadOnlyList<TrendRow>> Rows)> _spans;

    /// <summary>Reads nothing yet.</summary>
    public TrendHandlers(ITrendStore store, TimeProvider time)
    {
        _time = time;
        _spans = TrendSpan.All.ToDictionary(span => span.Name, span => (span, new Cached<IReadOnlyList<TrendRow>>(
            () => store.ReadTrendsAsync(span, span.FirstStep(time.GetUtcNow()), CancellationToken.None), GoodFor, time)));
    }

    /// <summary>
    /// What happened within the <c>span</c> (<c>1h</c>, <c>24h</c> or <c>7d</c>), of one <c>model</c> or at one <c>backend</c> if they are
    /// named: 200 or 400.
    /// </summary>
    public async Task<IResult> TrendsAsync(HttpContext context)
    {
        var query = context.Request.Query;
        var name = query["span"].ToString() is { Length: > 0 } asked ? asked : TrendSpan.Hour.Name;
        if (!_spans.TryGetValue(name, out var found))
            throw Problems.BadRequest($"'span' must be 1h, 24h or 7d, but is '{name}'.");
        var now = _time.GetUtcNow();
        var rows = await found.Rows.GetAsync(context.RequestAborted);
        var model = query["model"].ToString() is { Length: > 0 } ofModel ? NameOf(ofModel) : null;
        var backend = query["backend"].ToString() is { Length: > 0 } atBackend ? atBackend : null;
        var trend = Trend.Of(rows, found.Span, model, backend, now);
        var isFiltered = model is not null || backend is not null;
        return JsonResult.Of(TrendResource.Of(trend, isFiltered, now), ApiJson.Relaxed.TrendResource);
    }

    private static string NameOf(string model) => model == MetricLabels.OtherModels ? model : ModelName.Canonical(model);
}
