using OllamaProxy.Ollama;

namespace OllamaProxy.Worker.Attempts;

/// <summary>Decides what becomes of a prompt whose attempt failed. Pure: the same in gives the same out.</summary>
/// <param name="Base">The longest wait before the second attempt; it doubles with each further one.</param>
public sealed record RetryPolicy(TimeSpan Base)
{
    /// <summary>The longest wait that the back-off grows to.</summary>
    public static readonly TimeSpan MaxBackOff = TimeSpan.FromMinutes(5);

    /// <summary>The longest wait that a <c>Retry-After</c> can ask for.</summary>
    public static readonly TimeSpan MaxRetryAfter = TimeSpan.FromHours(1);

    /// <summary>Whether, and after what wait, there is another attempt; null: none.</summary>
    /// <param name="failure">What went wrong.</param>
    /// <param name="lastError">What the attempt before that failed with; null: there was none.</param>
    /// <param name="attempt">The number of the attempt that failed, from 1.</param>
    /// <param name="maxAttempts">How many attempts the prompt may use up.</param>
    /// <param name="jitter">A random number from 0 to 1.</param>
    public TimeSpan? NextAttempt(OllamaException failure, string? lastError, int attempt, int maxAttempts, double jitter)
    {
        if (failure.Kind == FailureKind.Permanent || attempt >= maxAttempts)
            return null;
        // The same input brings the same error: it is the input's fault, whatever the words mean.
        if (failure.Kind == FailureKind.Unknown && lastError is not null && ErrorClassifier.IsSame(failure.Message, lastError))
            return null;
        var asked = failure.RetryAfter ?? TimeSpan.Zero;
        var backOff = BackOff(attempt) * jitter;
        return asked > backOff ? Min(asked, MaxRetryAfter) : backOff;
    }

    /// <summary>The upper end of the back-off after this attempt; the wait is anywhere below it ("full jitter").</summary>
    public TimeSpan BackOff(int attempt) =>
        TimeSpan.FromSeconds(Math.Min(Base.TotalSeconds * Math.Pow(2, attempt - 1), MaxBackOff.TotalSeconds));

    private static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
