namespace OllamaProxy.Benchmarks;

/// <summary>The figures so far. Each is told on the console as it comes.</summary>
/// <param name="wanted">The beginnings of the names of the rows to measure; empty: all.</param>
/// <param name="smoke">Whether it is enough that there are figures.</param>
internal sealed class Results(IReadOnlyList<string> wanted, bool smoke)
{
    private readonly List<Outcome> _outcomes = [];
    private readonly List<CurvePoint> _curve = [];

    public IReadOnlyList<Outcome> Outcomes => _outcomes;

    /// <summary>What each operation costs in a file that grows; empty if that was not measured.</summary>
    public IReadOnlyList<CurvePoint> Curve => _curve;

    /// <summary>Whether the figures are too few to be judged.</summary>
    public bool Smoke => smoke;

    public bool HasFailed => _outcomes.Any(outcome => !outcome.IsSkipped && (smoke ? outcome.Figure is null : !outcome.Holds));

    /// <summary>How long was spent on what is no measurement, and does not count.</summary>
    public TimeSpan Uncounted { get; private set; }

    public bool Wants(Row row) => wanted.Count == 0 || wanted.Any(name => row.Name.StartsWith(name, StringComparison.Ordinal));

    public void Note(Row row, double figure, string remark) => Note(new Outcome(row, figure, remark));

    public void DoNotCount(TimeSpan time) => Uncounted += time;

    public void Note(CurvePoint point) => _curve.Add(point);

    /// <summary>
    /// Measures what is wanted of a measurement. What goes wrong becomes the outcome of the rows that it keeps from being measured.
    /// </summary>
    public async Task MeasureAsync(IMeasurement measurement, Bench bench, CancellationToken cancellationToken)
    {
        if (!measurement.Rows.Any(Wants))
            return;
        var (problem, isSkipped) = ("It was not measured.", false);
        try
        {
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            deadline.CancelAfter(measurement.Patience);
            await measurement.MeasureAsync(bench, this, deadline.Token);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            isSkipped = exception is SkippedException;
            problem = exception switch
            {
                BenchmarkException or SkippedException => exception.Message,
                OperationCanceledException => $"It took more than {measurement.Patience.TotalMinutes} minutes.",
                _ => $"{exception.GetType().Name}: {exception.Message}",
            };
        }
        foreach (var row in measurement.Rows.Where(Wants).Except(_outcomes.Select(outcome => outcome.Row)))
            Note(new Outcome(row, null, problem) { IsSkipped = isSkipped });
    }

    public void Note(Outcome outcome)
    {
        _outcomes.Add(outcome);
        var figure = outcome.Figure is { } known ? outcome.Row.Target.Write(known) : "not measured";
        Console.WriteLine($"{DateTime.Now:HH:mm:ss} {outcome.Row.Name}: {figure} ({outcome.Remark})");
    }
}
