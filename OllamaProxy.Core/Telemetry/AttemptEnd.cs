namespace OllamaProxy.Telemetry;

/// <summary>What became of an attempt.</summary>
public enum AttemptEnd
{
    /// <summary>Its result is the prompt's.</summary>
    Completed,

    /// <summary>It was the last one, and failed.</summary>
    Failed,

    /// <summary>It failed, and another one will follow.</summary>
    Requeued,

    /// <summary>It was stopped, and does not count.</summary>
    HandedBack,

    /// <summary>The prompt was cancelled or deleted meanwhile.</summary>
    Cancelled,

    /// <summary>Its lease was lost, so its result was discarded.</summary>
    LeaseLost,
}
