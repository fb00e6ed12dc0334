using OllamaProxy.Statistics;

namespace OllamaProxy.Api.Stats;

/// <summary>What happened in each step of a span, as clients see it.</summary>
/// <param name="Span">The span.</param>
/// <param name="StepSeconds">How long a step is.</param>
/// <param name="From">When the oldest step began.</param>
/// <param name="To">The time.</param>
/// <param name="Total">All of it, as far as it was asked for.</param>
/// <param name="Points">The steps, oldest first, as far as they were asked for; the last one still runs.</param>
/// <param name="Models">The parts by model, that with the most prompts first; always all.</param>
/// <param name="Backends">The parts by backend; likewise.</param>
public sealed record TrendResource(
    string Span, int StepSeconds, DateTimeOffset From, DateTimeOffset To, TrendFiguresResource Total,
    IReadOnlyList<TrendFiguresResource> Points, IReadOnlyList<TrendFiguresResource> Models, IReadOnlyList<TrendFiguresResource> Backends)
{
    /// <summary>Makes it.</summary>
    /// <param name="trend">What happened.</param>
    /// <param name="isFiltered">Whether only a part was asked for, of which nobody knows how many prompts were queued.</param>
    /// <param name="now">The time.</param>
    public static TrendResource Of(Trend trend, bool isFiltered, DateTimeOffset now)
    {
        var (from, step) = (trend.Points[0].At, trend.Span.Step);
        return new(
            trend.Span.Name,
            (int)step.TotalSeconds,
            from,
            now,
            TrendFiguresResource.Of(trend.Total, now - from),
            [.. trend.Points.Select(point => OfPoint(point.At, point.Figures))],
            [.. trend.Models.Select(part => OfPart(part) with { Model = part.Name })],
            [.. trend.Backends.Select(part => OfPart(part) with { Backend = part.Name })]);

        TrendFiguresResource OfPoint(DateTimeOffset at, TrendFigures figures) =>
            TrendFiguresResource.Of(figures, now - at < step ? now - at : step) with
            {
                At = at,
                Queued = isFiltered ? null : figures.Queued,
                Processing = isFiltered ? null : figures.Processing,
            };

        TrendFiguresResource OfPart(TrendPart part) => TrendFiguresResource.Of(part.Figures, now - from) with { Steps = part.Steps };
    }
}
