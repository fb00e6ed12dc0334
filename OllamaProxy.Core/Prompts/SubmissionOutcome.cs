namespace OllamaProxy.Prompts;

/// <summary>What became of a submission.</summary>
public enum SubmissionOutcome
{
    /// <summary>It is queued.</summary>
    Accepted,

    /// <summary>The same was submitted before; nothing was changed.</summary>
    Repeated,

    /// <summary>Something else was submitted before under this id or idempotency key; nothing was changed.</summary>
    Conflicting,
}
