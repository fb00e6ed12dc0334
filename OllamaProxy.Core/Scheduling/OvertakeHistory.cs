using System.Collections.Immutable;

namespace OllamaProxy.Scheduling;

/// <summary>Since when prompts of a model have been overtaken by some that are behind them in the queue.</summary>
public sealed class OvertakeHistory
{
    /// <summary>None has been.</summary>
    public static readonly OvertakeHistory Never = new([], null);

    /// <summary>More than a grouping window is divided into: what comes later counts as overtaken with the last.</summary>
    private const int MaxSteps = 256;

    /// <summary>Each turn was the first beyond all before it to overtake, at that time. The last step still grows, and is not copied with the others.</summary>
    private readonly ImmutableArray<Step> _steps;
    private readonly Step? _last;

    private OvertakeHistory(ImmutableArray<Step> steps, Step? last) => (_steps, _last) = (steps, last);

    /// <summary>When any of them was overtaken first; null: none has been.</summary>
    public DateTimeOffset? FirstAt => _steps.IsEmpty ? _last?.At : _steps[0].At;

    /// <summary>When a prompt of this turn was overtaken first; null: never.</summary>
    public DateTimeOffset? FirstOvertakenAt((long Rank, long Seq) key)
    {
        var first = FirstFrom(key);
        return first < _steps.Length ? _steps[first].At : _last is { } last && last.Key.CompareTo(key) >= 0 ? last.At : null;
    }

    /// <summary>With a prompt of this turn that overtakes now.</summary>
    /// <param name="key">Its turn.</param>
    /// <param name="now">The time.</param>
    /// <param name="grain">What lies no further apart than that counts as one, and as overtaken with the first.</param>
    public OvertakeHistory Record((long Rank, long Seq) key, DateTimeOffset now, TimeSpan grain)
    {
        if (_last is not { } last)
            return new([], new(key, now));
        if (key.CompareTo(last.Key) <= 0)
            return this;
        return now - last.At < grain || _steps.Length + 1 >= MaxSteps ? new(_steps, last with { Key = key }) : new(_steps.Add(last), new(key, now));
    }

    /// <summary>Without what matters only to turns before this one.</summary>
    public OvertakeHistory Prune((long Rank, long Seq) key)
    {
        if (_last is not { } last || last.Key.CompareTo(key) < 0)
            return Never;
        var first = FirstFrom(key);
        return first == 0 ? this : new(_steps.RemoveRange(0, first), last);
    }

    /// <summary>The first step whose turn is this one or beyond it; the number of steps, if none but the last is.</summary>
    private int FirstFrom((long Rank, long Seq) key)
    {
        var (low, high) = (0, _steps.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_steps[middle].Key.CompareTo(key) < 0)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }

    private readonly record struct Step((long Rank, long Seq) Key, DateTimeOffset At);
}
