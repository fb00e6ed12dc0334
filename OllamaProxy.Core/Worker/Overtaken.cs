using System.Collections.Immutable;

namespace OllamaProxy.Worker;

/// <summary>Since when prompts of a model have been overtaken by some that are behind them in the queue.</summary>
public sealed class Overtaken
{
    /// <summary>None has been.</summary>
    public static readonly Overtaken Never = new([]);

    /// <summary>Each rank was the first beyond all before it to overtake, at that time.</summary>
    private readonly ImmutableList<(long Rank, DateTimeOffset At)> _steps;

    private Overtaken(ImmutableList<(long Rank, DateTimeOffset At)> steps) => _steps = steps;

    /// <summary>When a prompt of this rank was overtaken first; null: never.</summary>
    public DateTimeOffset? Since(long rank) => _steps.Find(step => step.Rank >= rank) is { At.Ticks: > 0 } step ? step.At : null;

    /// <summary>With a prompt of this rank that overtakes now.</summary>
    /// <param name="rank">Its rank.</param>
    /// <param name="now">The time.</param>
    /// <param name="grain">What lies no further apart than that counts as one, and as overtaken with the first.</param>
    public Overtaken By(long rank, DateTimeOffset now, TimeSpan grain)
    {
        if (_steps.IsEmpty)
            return new([(rank, now)]);
        var last = _steps[^1];
        return rank <= last.Rank ? this : new(now - last.At < grain ? _steps.SetItem(_steps.Count - 1, (rank, last.At)) : _steps.Add((rank, now)));
    }

    /// <summary>Without what matters only to ranks before this one.</summary>
    public Overtaken From(long rank) => !_steps.IsEmpty && _steps[0].Rank < rank ? new(_steps.RemoveAll(step => step.Rank < rank)) : this;
}
