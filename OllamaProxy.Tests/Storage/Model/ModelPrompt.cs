using OllamaProxy.Prompts;

namespace OllamaProxy.Tests.Storage.Model;

/// <summary>A prompt as <see cref="StoreModel"/> knows it: what the store shows of it, and what it hides.</summary>
internal sealed class ModelPrompt(Prompt shown, NewPrompt submitted)
{
    /// <summary>How many attempts a prompt may use up that does not say so itself.</summary>
    public const int DefaultMaxAttempts = 2;

    /// <summary>An error whose wording is the store's.</summary>
    public const string SomeError = "*";

    private Prompt _beforeClaim = shown;

    /// <summary>A prompt that was just submitted. Of what the store says, only what it chooses is believed.</summary>
    public static ModelPrompt Of(NewPrompt submitted, Guid? batch, Prompt added, DateTimeOffset now) => new(new()
    {
        Id = submitted.Id ?? added.Id,
        Seq = added.Seq,
        Status = PromptStatus.Queued,
        Model = submitted.Model,
        Owner = submitted.Owner,
        Account = submitted.Account,
        Priority = submitted.Priority,
        Rank = QueueRank.Of(now, submitted.Priority, QueueRank.DefaultAgeingStep),
        MaxAttempts = submitted.MaxAttempts,
        Batch = batch,
        ExpiresAt = now + submitted.ExpiresIn,
        CreatedAt = now,
        UpdatedAt = now,
    }, submitted);

    public Prompt Shown { get; private set; } = shown;

    public NewPrompt Submitted => submitted;

    public int MaxAttempts => Shown.MaxAttempts ?? DefaultMaxAttempts;

    public DateTimeOffset AvailableAt => Shown.AvailableAt ?? default;

    public PromptResult? Result { get; set; }

    /// <summary>What its running attempt has handed in so far.</summary>
    public PromptResult? Generated { get; private set; }

    /// <summary>The numbers of the attempts that are recorded, those before a retry among them.</summary>
    public List<int> Attempts { get; } = [];

    public void Queue(string? error, DateTimeOffset availableAt, DateTimeOffset now)
    {
        Shown = Shown with { Status = PromptStatus.Queued, StartedAt = null, CompletedAt = null, Error = error, UpdatedAt = now };
        Shown = Shown with { AvailableAt = availableAt == default ? null : availableAt };
        Generated = null;
    }

    public void Claim(DateTimeOffset now)
    {
        _beforeClaim = Shown;
        Shown = Shown with
        {
            Status = PromptStatus.Processing,
            Attempts = Shown.Attempts + 1,
            StartedAt = now,
            Error = null,
            UpdatedAt = now,
        };
        Attempts.Add(Shown.Attempts);
    }

    /// <summary>The attempt that has just ended stays recorded, and is not one of those that it may use up.</summary>
    public void Uncount() => Shown = Shown with { Attempts = Shown.Attempts - 1 };

    public void Append(string text, string thinking) =>
        Generated = new(Generated?.Text + text, Generated?.Thinking + thinking, GenerationStatistics.None);

    public void Release(DateTimeOffset now)
    {
        // Of an attempt that does not count, only the record tells after that.
        Shown = _beforeClaim with { Error = _beforeClaim.Attempts > 0 ? _beforeClaim.Error : null, UpdatedAt = now };
        Generated = null;
        Attempts.RemoveAt(Attempts.Count - 1);
    }

    public void End(PromptStatus status, string? error, PromptResult? result, DateTimeOffset now)
    {
        Shown = Shown with { Status = status, CompletedAt = now, Error = error, UpdatedAt = now };
        Result = result;
        Generated = null;
    }

    public void Retry(DateTimeOffset now)
    {
        Queue(null, default, now);
        Shown = Shown with { Attempts = 0, ExpiresAt = null };
        Result = null;
    }

    public void ChangePriority(int priority, DateTimeOffset now)
    {
        var headStart = (priority - Shown.Priority) * (long)QueueRank.DefaultAgeingStep.TotalMilliseconds;
        Shown = Shown with { Priority = priority, Rank = Shown.Rank - headStart, UpdatedAt = now };
    }
}
