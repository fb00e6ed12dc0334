using OllamaProxy.Prompts;

namespace OllamaProxy.Storage;

/// <summary>The owner of a submission has used up a limit. None of it was queued, and it used up nothing.</summary>
/// <param name="limits">The limits.</param>
/// <param name="use">What is used, with the submission.</param>
public sealed class OverLimitException(OwnerLimits limits, OwnerUse use) : Exception(Describe(limits, use))
{
    /// <summary>The limits.</summary>
    public OwnerLimits Limits => limits;

    /// <summary>What is used, with the submission.</summary>
    public OwnerUse Use => use;

    /// <summary>How long until the submission would be accepted, if there is no other; null: until prompts leave the queue.</summary>
    public TimeSpan? FreeIn => ExceededOf(limits, use).Select(state => state.FreeIn).Aggregate((one, other) => one > other ? one : other);

    /// <summary>Throws if the submission exceeds a limit.</summary>
    public static void ThrowIfExceeded(OwnerLimits limits, OwnerUse use)
    {
        if (ExceededOf(limits, use).Any())
            throw new OverLimitException(limits, use);
    }

    private static IEnumerable<LimitState> ExceededOf(OwnerLimits limits, OwnerUse use) =>
        use.Against(limits).Where(state => state.IsExceeded);

    private static string Describe(OwnerLimits limits, OwnerUse use)
    {
        var exceeded = ExceededOf(limits, use).Select(state => $"{state.Quota} {state.Unit}");
        var what = use.Submitted == 1 ? "This prompt" : $"This batch of {use.Submitted} prompts";
        return $"{what} would exceed what its API key is allowed: {string.Join(", and ", exceeded)}. Try again later.";
    }
}
