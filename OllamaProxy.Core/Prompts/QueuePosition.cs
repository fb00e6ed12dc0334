namespace OllamaProxy.Prompts;

/// <summary>Where a queued prompt stands.</summary>
/// <param name="Position">1 is the next to run.</param>
/// <param name="Eta">How long until it has probably ended; null while nothing was measured yet, or no backend can run it.</param>
/// <param name="WaitsFor">What it waits for; null: this process cannot tell.</param>
public sealed record QueuePosition(long Position, TimeSpan? Eta, WaitReason? WaitsFor);

/// <summary>What a queued prompt waits for.</summary>
public enum WaitReason
{
    /// <summary>For a free slot: all are taken, or prompts that come before it get the next.</summary>
    Slot,

    /// <summary>For a backend: none that can run its model answers.</summary>
    Backend,

    /// <summary>For its model: backends answer, and none has it.</summary>
    Model,

    /// <summary>For its next attempt, whose time has not come.</summary>
    Retry,

    /// <summary>
    /// For a free slot, while prompts that came later go first because their model is loaded; see
    /// <c>OLLAMA_PROXY_GROUPING_WINDOW</c>.
    /// </summary>
    Window,
}

/// <summary>The written names of <see cref="WaitReason"/>.</summary>
public static class WaitReasonNames
{
    private static readonly string[] Names = ["slot", "backend", "model", "retry", "window"];

    /// <summary>The written name, such as <c>slot</c>.</summary>
    public static string Name(this WaitReason reason) => Names[(int)reason];
}
