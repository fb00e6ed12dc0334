using System.Collections.Immutable;

namespace OllamaProxy.Scheduling;

/// <summary>Immutable record of since when prompts of a model have been overtaken: by which queue keys, and when first.</summary>
public sealed class OvertakeHistory
{
    /// <summary>The empty history: no prompt has been overtaken.</summary>
    public static readonly OvertakeHistory Never = new([], null);

    /// <summary>
    /// The most steps that are kept, more than a grouping window is divided into. Later keys count as part of the last step.
    /// </summary>
    private const int MaxSteps = 256;

    /// <summary>
    /// Each step is the first key beyond all earlier ones that overtook, with its time. The last step still grows, so that the array need
    /// not be copied for it.
    /// </summary>
    private readonly ImmutableArray<Step> _steps;
    private readonly Step? _last;

    private OvertakeHistory(ImmutableArray<Step> steps, Step? last) => (_steps, _last) = (steps, last);

    /// <summary>When any prompt was overtaken first; null: none has been.</summary>
    public DateTimeOffset? FirstAt => _steps.IsEmpty ? _last?.At : _steps[0].At;

    /// <summary>When a prompt with this queue key was overtaken first; null: never.</summary>
    public DateTimeOffset? FirstOvertakenAt((long Rank, long Seq) key)
    {
        var first = FirstFrom(key);
        return first < _steps.Length ? _steps[first].At : _last is { } last && last.Key.CompareTo(key) >= 0 ? last.At : null;
    }

    /// <summary>The history with a prompt that overtakes now.</summary>
    /// <param name="key">The queue key of the prompt that overtakes.</param>
    /// <param name="now">The time.</param>
    /// <param name="grain">The shortest time between two steps. What happens within it counts as part of the earlier step.</param>
    public OvertakeHistory Record((long Rank, long Seq) key, DateTimeOffset now, TimeSpan grain)
    {
        if (_last is not { } last)
            return new([], new(key, now));
        if (key.CompareTo(last.Key) <= 0)
            return this;
        return now - last.At < grain || _steps.Length + 1 >= MaxSteps
            ? new(_steps, last with { Key = key })
            : new(_steps.Add(last), new(key, now));
    }

    /// <summary>The history without the steps that only matter to keys before this one.</summary>
    public OvertakeHistory Prune((long Rank, long Seq) key)
    {
        if (_last is not { } last || last.Key.CompareTo(key) < 0)
            return Never;
        var first = FirstFrom(key);
        return first == 0 ? this : new(_steps.RemoveRange(0, first), last);
    }

    /// <summary>The first step whose key is this one or beyond it; the number of steps if only the last step can be.</summary>
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
