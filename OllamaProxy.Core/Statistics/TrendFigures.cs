namespace OllamaProxy.Statistics;

/// <summary>What happened within a time.</summary>
public sealed class TrendFigures
{
    /// <summary>How many prompts ended with an attempt.</summary>
    public long Prompts { get; set; }

    /// <summary>How many of them failed.</summary>
    public long Failed { get; set; }

    /// <summary>How many attempts failed, whether or not another one followed.</summary>
    public long Errors { get; set; }

    /// <summary>The tokens of the prompts, as Ollama counted them.</summary>
    public long PromptTokens { get; set; }

    /// <summary>The tokens of the answers, as Ollama counted them.</summary>
    public long Tokens { get; set; }

    /// <summary>How many of these are from answers whose <see cref="GenerationSeconds"/> Ollama told.</summary>
    public long TimedTokens { get; set; }

    /// <summary>How many seconds they were generated for.</summary>
    public double GenerationSeconds { get; set; }

    /// <summary>The times from the submission of a prompt to its last attempt.</summary>
    public DurationHistogram Wait { get; init; } = new();

    /// <summary>The durations of the attempts.</summary>
    public DurationHistogram Run { get; init; } = new();

    /// <summary>The most prompts that were queued at once.</summary>
    public long Queued { get; set; }

    /// <summary>The most prompts that were processing at once.</summary>
    public long Processing { get; set; }

    /// <summary>How many tokens a second came while answers were generated; null: that is not known.</summary>
    public double? OutputRate() => TimedTokens > 0 && GenerationSeconds > 0 ? TimedTokens / GenerationSeconds : null;

    /// <summary>Adds an attempt.</summary>
    public void Add(EndedAttempt attempt)
    {
        Prompts += attempt.IsLast ? 1 : 0;
        Failed += attempt is { IsLast: true, IsError: true } ? 1 : 0;
        Errors += attempt.IsError ? 1 : 0;
        PromptTokens += attempt.Statistics.PromptEvalCount ?? 0;
        Tokens += attempt.Statistics.EvalCount ?? 0;
        if (attempt.Statistics is { EvalCount: > 0 and var timed, EvalDuration: > 0 and var duration })
        {
            TimedTokens += timed;
            GenerationSeconds += duration / 1e9;
        }
        Run.Add(attempt.Duration);
        if (attempt is { IsLast: true, Wait: { } wait })
            Wait.Add(wait);
    }

    /// <summary>Adds all of what happened elsewhere, or at another time.</summary>
    public void Add(TrendFigures other)
    {
        Prompts += other.Prompts;
        Failed += other.Failed;
        Errors += other.Errors;
        PromptTokens += other.PromptTokens;
        Tokens += other.Tokens;
        TimedTokens += other.TimedTokens;
        GenerationSeconds += other.GenerationSeconds;
        Run.Add(other.Run);
        Wait.Add(other.Wait);
        Queued = Math.Max(Queued, other.Queued);
        Processing = Math.Max(Processing, other.Processing);
    }
}
