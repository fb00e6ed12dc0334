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
    private readonly ImmutableArray<((long Rank, long Seq) Turn, DateTimeOffset At)> _steps;

    private Overtaken(ImmutableArray<((long Rank, long Seq) Turn, DateTimeOffset At)> steps) => _steps = steps;

    /// <summary>When a prompt of this turn was overtaken first; null: never.</summary>
    public DateTimeOffset? Since((long Rank, long Seq) turn) => FirstFrom(turn) is var step && step < _steps.Length ? _steps[step].At : null;

    /// <summary>With a prompt of this turn that overtakes now.</summary>
    /// <param name="turn">Its turn.</param>
    /// <param name="now">The time.</param>
    /// <param name="grain">What lies no further apart than that counts as one, and as overtaken with the first.</param>
    public Overtaken By((long Rank, long Seq) turn, DateTimeOffset now, TimeSpan grain)
    {
        if (_steps.IsEmpty)
            return new([(turn, now)]);
        var last = _steps[^1];
        if (turn.CompareTo(last.Turn) <= 0)
            return this;
        return new(now - last.At < grain || _steps.Length >= MaxSteps ? _steps.SetItem(_steps.Length - 1, (turn, last.At)) : _steps.Add((turn, now)));
    }

    /// <summary>Without what matters only to turns before this one.</summary>
    public Overtaken From((long Rank, long Seq) turn) => FirstFrom(turn) switch
    {
        0 => this,
        var first when first == _steps.Length => Never,
        var first => new(_steps.RemoveRange(0, first)),
    };

    /// <summary>The first step whose turn is this one or beyond it; the number of steps, if none is.</summary>
    private int FirstFrom((long Rank, long Seq) turn)
    {
        var (low, high) = (0, _steps.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_steps[middle].Turn.CompareTo(turn) < 0)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }
}
