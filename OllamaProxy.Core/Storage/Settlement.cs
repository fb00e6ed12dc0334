using OllamaProxy.Prompts;

namespace OllamaProxy.Storage;

/// <summary>How an attempt ended: one of the nested records.</summary>
public abstract record Settlement
{
    private Settlement(PromptResult? result) => Result = result;

    /// <summary>What was generated; null: nothing.</summary>
    public PromptResult? Result { get; }

    /// <summary>The prompt is completed.</summary>
    public sealed record Complete(PromptResult Generated) : Settlement(Generated);

    /// <summary>The prompt has failed, with a partial result.</summary>
    public sealed record Fail(string Error, PromptResult? Partial) : Settlement(Partial);

    /// <summary>The prompt is queued for another attempt.</summary>
    /// <param name="Error">Why this attempt failed.</param>
    /// <param name="Partial">The partial result.</param>
    /// <param name="AvailableAt">When the next attempt may start.</param>
    /// <param name="Counts">Whether the attempt counts towards the prompt's limit. It is recorded in either case.</param>
    public sealed record Requeue(string Error, PromptResult? Partial, DateTimeOffset AvailableAt, bool Counts) : Settlement(Partial);

    /// <summary>The prompt is handed back to the queue as if it had not been claimed. The attempt does not count.</summary>
    public sealed record Release(PromptResult? Partial) : Settlement(Partial);

    /// <summary>The prompt was cancelled; its worker has stopped, with a partial result.</summary>
    public sealed record AcknowledgeCancel(PromptResult? Partial) : Settlement(Partial);
}
