using OllamaProxy.Prompts;

namespace OllamaProxy.Api.Prompts;

/// <summary>An attempt, as clients see it.</summary>
/// <param name="Attempt">Its number, from 1; counted anew after a retry that a client asked for.</param>
/// <param name="Backend">The Ollama that ran it; left out for those who need not know which there are.</param>
/// <param name="StartedAt">When it was started.</param>
/// <param name="EndedAt">When it ended; left out while it runs.</param>
/// <param name="DurationSeconds">How long it took; left out while it runs.</param>
/// <param name="Error">Why it failed; left out if it did not.</param>
public sealed record AttemptResource(int Attempt, string? Backend, DateTimeOffset StartedAt, DateTimeOffset? EndedAt,
    double? DurationSeconds, string? Error)
{
    /// <summary>Makes it.</summary>
    public static AttemptResource Of(AttemptRecord attempt, bool showsBackend) => new(
        attempt.Number, showsBackend ? attempt.Backend : null, attempt.StartedAt, attempt.EndedAt,
        (attempt.EndedAt - attempt.StartedAt)?.TotalSeconds, attempt.Error);
}
