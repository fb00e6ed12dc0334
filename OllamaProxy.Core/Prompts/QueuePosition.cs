namespace OllamaProxy.Prompts;

/// <summary>The position of a queued prompt, as it is reported to clients.</summary>
/// <param name="Position">The position in the queue; 1 is the first.</param>
/// <param name="Eta">The estimated time until the prompt has ended; null: nothing was measured yet, or no backend can run it.</param>
/// <param name="WaitsFor">What the prompt waits for; null: this process does not know.</param>
public sealed record QueuePosition(long Position, TimeSpan? Eta, WaitReason? WaitsFor);

/// <summary>The reason why a queued prompt does not run yet.</summary>
public enum WaitReason
{
    /// <summary>All slots are taken, or go to prompts that come first.</summary>
    Slot,

    /// <summary>No backend that can run its model is reachable.</summary>
    Backend,

    /// <summary>Backends are reachable, but none has its model.</summary>
    Model,

    /// <summary>Its next attempt is not due yet.</summary>
    Retry,

    /// <summary>Prompts that came later go first, because their model is loaded; see <c>OLLAMA_PROXY_GROUPING_WINDOW</c>.</summary>
    Window,

    /// <summary>The queue, its model, or every backend that could run it is paused.</summary>
    Paused,

    /// <summary>As many prompts of its owner run as may at a time.</summary>
    Limit,

    /// <summary>It is a bulk prompt, and its hours have not begun; see <c>OLLAMA_PROXY_BULK_HOURS</c>.</summary>
    BulkHours,
}

/// <summary>The written names of <see cref="WaitReason"/>.</summary>
public static class WaitReasonNames
{
    private static readonly string[] Names = ["slot", "backend", "model", "retry", "window", "paused", "limit", "bulk_hours"];

    /// <summary>The written name, such as <c>slot</c>.</summary>
    public static string Name(this WaitReason reason) => Names[(int)reason];
}
