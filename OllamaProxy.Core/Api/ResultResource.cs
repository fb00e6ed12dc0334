using OllamaProxy.Prompts;

namespace OllamaProxy.Api;

/// <summary>What a model made of a prompt, as clients see it. Durations are Ollama's, in nanoseconds.</summary>
public sealed record ResultResource
{
    private ResultResource(Prompt prompt)
    {
        Id = prompt.Id;
        Status = prompt.Status.Name();
    }

    /// <summary>The prompt's id.</summary>
    public Guid Id { get; }

    /// <summary>The written name of its status.</summary>
    public string Status { get; }

    /// <summary>The answer, of a completed prompt.</summary>
    public string? Result { get; private init; }

    /// <summary>Why it failed or was cancelled.</summary>
    public string? Error { get; private init; }

    /// <summary>What had come of the answer when it failed.</summary>
    public string? Partial { get; private init; }

    /// <summary>What the model thought.</summary>
    public string? Thinking { get; private init; }

    /// <summary>The model; null where another program wrote the prompt and named none.</summary>
    public string? Model { get; private init; }

    /// <summary>Why the model stopped.</summary>
    public string? DoneReason { get; private init; }

    /// <summary>The whole generation.</summary>
    public long? TotalDuration { get; private init; }

    /// <summary>Loading the model.</summary>
    public long? LoadDuration { get; private init; }

    /// <summary>Tokens in the prompt.</summary>
    public long? PromptEvalCount { get; private init; }

    /// <summary>Reading the prompt.</summary>
    public long? PromptEvalDuration { get; private init; }

    /// <summary>Tokens in the answer.</summary>
    public long? EvalCount { get; private init; }

    /// <summary>Writing the answer.</summary>
    public long? EvalDuration { get; private init; }

    /// <summary>When the prompt was submitted.</summary>
    public DateTimeOffset? CreatedAt { get; private init; }

    /// <summary>When the attempt that ended it was started.</summary>
    public DateTimeOffset? StartedAt { get; private init; }

    /// <summary>When it ended.</summary>
    public DateTimeOffset? CompletedAt { get; private init; }

    /// <summary>Of a prompt that has not ended: nothing but its status.</summary>
    public static ResultResource Pending(Prompt prompt) => new(prompt);

    /// <summary>Of a prompt that has ended.</summary>
    public static ResultResource Ended(Prompt prompt, PromptResult? result)
    {
        var completed = prompt.Status == PromptStatus.Completed;
        var statistics = result?.Statistics ?? GenerationStatistics.None;
        return new(prompt)
        {
            Result = completed ? result?.Text : null,
            Error = completed ? null : prompt.Error ?? $"The prompt was {prompt.Status.Name()}.",
            Partial = completed ? null : result?.Text,
            Thinking = result?.Thinking,
            Model = prompt.Model,
            DoneReason = statistics.DoneReason,
            TotalDuration = statistics.TotalDuration,
            LoadDuration = statistics.LoadDuration,
            PromptEvalCount = statistics.PromptEvalCount,
            PromptEvalDuration = statistics.PromptEvalDuration,
            EvalCount = statistics.EvalCount,
            EvalDuration = statistics.EvalDuration,
            CreatedAt = prompt.CreatedAt,
            StartedAt = prompt.StartedAt,
            CompletedAt = prompt.CompletedAt,
        };
    }
}
