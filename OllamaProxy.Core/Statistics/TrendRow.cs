namespace OllamaProxy.Statistics;

/// <summary>What one process saw within a step of a span.</summary>
/// <param name="Key">Of what it is.</param>
/// <param name="Figures">What it saw so far.</param>
public sealed record TrendRow(TrendKey Key, TrendFigures Figures);

/// <summary>Of what figures are.</summary>
/// <param name="Step">How long the step is.</param>
/// <param name="At">When it began.</param>
/// <param name="Model">The model; empty: the row tells how many prompts were queued and processing, and nothing else.</param>
/// <param name="Backend">The backend; empty: no backend had the model, or as above.</param>
public readonly record struct TrendKey(TimeSpan Step, DateTimeOffset At, string Model, string Backend);
