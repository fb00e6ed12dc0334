using System.Collections.Immutable;

namespace OllamaProxy.Worker;

/// <summary>Since when prompts of a model have been overtaken by some that are behind them in the queue.</summary>
public sealed class Overtaken
{
    /// <summary>None has been.</summary>
    public static readonly Overtaken Never = new([]);

    /// <summary>More than a grouping window is divided into: what comes later counts as overtaken with the last.</summary>
    private const int MaxSteps = 256;

    /// <summary>Each turn was the first beyond all before it to overtake, at that time.</summary>
    private readonly ImmutableList<((long Rank, long Seq) Turn, DateTimeOffset At)> _steps;

    private Overtaken(ImmutableList<((long Rank, long Seq) Turn, DateTimeOffset At)> steps) => _steps = steps;

    /// <summary>When a prompt of this turn was overtaken first; null: never.</summary>
    public DateTimeOffset? Since((long Rank, long Seq) turn) => _steps.Find(step => step.Turn.CompareTo(turn) >= 0) is { At.Ticks: > 0 } step ? step.At : null;

    /// <summary>With a prompt of this turn that overtakes now.</summary>
    /// <param name="turn">Its turn.</param>
    /// <param name="now">The time.</param>
    /// <param name="grain">What lies no further apart than that counts as one, and as overtaken with the first.</param>
    public Overtaken By((long Rank, long Seq) turn, DateTimeOffset now, TimeSpan grain)
    {
        if (_steps.IsEmpty)
            return new([(turn, now)]);
        var last = _steps[^1];
        return turn.CompareTo(last.Turn) <= 0 ? this : new(now - last.At < grain || _steps.Count >= MaxSteps ? _steps.SetItem(_steps.Count - 1, (turn, last.At)) : _steps.Add((turn, now)));
    }

    /// <summary>Without what matters only to turns before this one.</summary>
    public Overtaken From((long Rank, long Seq) turn) =>
        !_steps.IsEmpty && _steps[0].Turn.CompareTo(turn) < 0 ? new(_steps.RemoveAll(step => step.Turn.CompareTo(turn) < 0)) : this;
}
