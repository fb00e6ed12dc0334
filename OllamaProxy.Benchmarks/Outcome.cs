namespace OllamaProxy.Benchmarks;

/// <summary>What became of a row.</summary>
/// <param name="Row">The row.</param>
/// <param name="Figure">What was measured, in the target's unit; null: nothing was.</param>
/// <param name="Remark">What the figure was made of or, without one, why there is none.</param>
internal sealed record Outcome(Row Row, double? Figure, string Remark)
{
    /// <summary>Whether the machine lacks what would be measured; the remark says so.</summary>
    public bool IsSkipped { get; init; }

    /// <summary>Whether the figure is as it should be.</summary>
    public bool Holds => Figure is { } figure && Row.Target.IsMet(figure);
}
