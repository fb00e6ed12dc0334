using OllamaProxy.Prompts;

namespace OllamaProxy.Storage;

/// <summary>How an attempt ended: one of the records within, and no other.</summary>
public abstract record Settlement
{
    private Settlement(PromptResult? result) => Result = result;

    /// <summary>What was generated; null: nothing.</summary>
    public PromptResult? Result { get; }

    /// <summary>The prompt is completed.</summary>
    public sealed record Complete(PromptResult Generated) : Settlement(Generated);

    /// <summary>The prompt has failed, with what was generated until then.</summary>
    public sealed record Fail(string Error, PromptResult? Partial) : Settlement(Partial);

    /// <summary>The prompt is queued for another attempt.</summary>
    /// <param name="Error">Why this attempt failed.</param>
    /// <param name="Partial">What was generated until then.</param>
    /// <param name="AvailableAt">When the next attempt may start.</param>
    /// <param name="Counts">Whether this attempt is one of those that the prompt may use up; it is recorded in any case.</param>
    public sealed record Requeue(string Error, PromptResult? Partial, DateTimeOffset AvailableAt, bool Counts) : Settlement(Partial);

    /// <summary>The prompt is handed back as if it had not been claimed: the attempt does not count.</summary>
    public sealed record Release(PromptResult? Partial) : Settlement(Partial);

    /// <summary>The prompt was cancelled: its worker lets go of it, with what was generated until then.</summary>
    public sealed record AcknowledgeCancel(PromptResult? Partial) : Settlement(Partial);
}
