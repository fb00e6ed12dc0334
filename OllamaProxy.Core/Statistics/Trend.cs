namespace OllamaProxy.Statistics;

/// <summary>What happened in each step of a span, and with each model and at each backend.</summary>
/// <param name="Span">The span.</param>
/// <param name="Total">All of it.</param>
/// <param name="Points">Its steps, oldest first; the last one still runs.</param>
/// <param name="Models">Its parts by model, that with the most prompts first; whatever the filter.</param>
/// <param name="Backends">Its parts by backend; likewise.</param>
public sealed record Trend(
    TrendSpan Span, TrendFigures Total, IReadOnlyList<TrendPoint> Points, IReadOnlyList<TrendPart> Models,
    IReadOnlyList<TrendPart> Backends)
{
    /// <summary>Adds up rows of all processes.</summary>
    /// <param name="rows">The rows of a span; those of older steps are left out.</param>
    /// <param name="span">The span.</param>
    /// <param name="model">Only this model; null: all, and how many prompts were queued and processing.</param>
    /// <param name="backend">Only this backend; null: all, likewise.</param>
    /// <param name="now">The time.</param>
    public static Trend Of(IReadOnlyList<TrendRow> rows, TrendSpan span, string? model, string? backend, DateTimeOffset now)
    {
        var first = span.FirstStep(now);
        var points = Enumerable.Range(0, span.Steps).Select(index => new TrendPoint(first + (index * span.Step), new())).ToList();
        var total = new TrendFigures();
        var known = rows.Where(row => IndexOf(row) is var index && index >= 0 && index < span.Steps).ToList();
        foreach (var row in known.Where(Matches))
        {
            points[IndexOf(row)].Figures.Add(row.Figures);
            total.Add(row.Figures);
        }
        return new(span, total, points, PartsBy(row => row.Key.Model), PartsBy(row => row.Key.Backend));

        int IndexOf(TrendRow row) => (int)((row.Key.At - first) / span.Step);

        bool Matches(TrendRow row) => (model is null || row.Key.Model == model) && (backend is null || row.Key.Backend == backend);

        IReadOnlyList<TrendPart> PartsBy(Func<TrendRow, string> name) =>
        [
            .. known.GroupBy(name).Where(part => part.Key.Length > 0).Select(part =>
            {
                var (figures, steps) = (new TrendFigures(), new long[span.Steps]);
                foreach (var row in part)
                {
                    figures.Add(row.Figures);
                    steps[IndexOf(row)] += row.Figures.Prompts;
                }
                return new TrendPart(part.Key, figures, steps);
            }).OrderByDescending(part => part.Figures.Prompts).ThenBy(part => part.Name, StringComparer.Ordinal),
        ];
    }
}

/// <summary>A step of a span.</summary>
/// <param name="At">When it began.</param>
/// <param name="Figures">What happened within it.</param>
public sealed record TrendPoint(DateTimeOffset At, TrendFigures Figures);

/// <summary>What happened with one model or at one backend.</summary>
/// <param name="Name">The model or the backend.</param>
/// <param name="Figures">All of it.</param>
/// <param name="Steps">How many prompts ended in each step.</param>
public sealed record TrendPart(string Name, TrendFigures Figures, IReadOnlyList<long> Steps);
