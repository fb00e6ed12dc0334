using System.Collections.Immutable;

namespace OllamaProxy.Worker;

/// <summary>Since when prompts of a model have been overtaken by some that are behind them in the queue.</summary>
public sealed class Overtaken
{
    /// <summary>None has been.</summary>
    public static readonly Overtaken Never = new([], null);

    /// <summary>More than a grouping window is divided into: what comes later counts as overtaken with the last.</summary>
    private const int MaxSteps = 256;

    /// <summary>Each turn was the first beyond all before it to overtake, at that time. The last step still grows, and is not copied with the others.</summary>
    private readonly ImmutableArray<Step> _steps;
    private readonly Step? _last;

    private Overtaken(ImmutableArray<Step> steps, Step? last) => (_steps, _last) = (steps, last);

    /// <summary>When any of them was overtaken first; null: none has been.</summary>
    public DateTimeOffset? FirstAt => _steps.IsEmpty ? _last?.At : _steps[0].At;

    /// <summary>When a prompt of this turn was overtaken first; null: never.</summary>
    public DateTimeOffset? Since((long Rank, long Seq) turn)
    {
        var first = FirstFrom(turn);
        return first < _steps.Length ? _steps[first].At : _last is { } last && last.Turn.CompareTo(turn) >= 0 ? last.At : null;
    }

    /// <summary>With a prompt of this turn that overtakes now.</summary>
    /// <param name="turn">Its turn.</param>
    /// <param name="now">The time.</param>
    /// <param name="grain">What lies no further apart than that counts as one, and as overtaken with the first.</param>
    public Overtaken By((long Rank, long Seq) turn, DateTimeOffset now, TimeSpan grain)
    {
        if (_last is not { } last)
            return new([], new(turn, now));
        if (turn.CompareTo(last.Turn) <= 0)
            return this;
        return now - last.At < grain || _steps.Length + 1 >= MaxSteps ? new(_steps, last with { Turn = turn }) : new(_steps.Add(last), new(turn, now));
    }

    /// <summary>Without what matters only to turns before this one.</summary>
    public Overtaken From((long Rank, long Seq) turn)
    {
        if (_last is not { } last || last.Turn.CompareTo(turn) < 0)
            return Never;
        var first = FirstFrom(turn);
        return first == 0 ? this : new(_steps.RemoveRange(0, first), last);
    }

    /// <summary>The first step whose turn is this one or beyond it; the number of steps, if none but the last is.</summary>
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

    private readonly record struct Step((long Rank, long Seq) Turn, DateTimeOffset At);
}
