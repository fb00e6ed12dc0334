namespace OllamaProxy.Prompts;

/// <summary>Where a queued prompt stands.</summary>
/// <param name="Position">1 is the next to run.</param>
/// <param name="Eta">How long until it has probably ended; null while nothing was measured yet, or no backend can run it.</param>
/// <param name="WaitsFor">What it waits for; null: this process cannot tell.</param>
public sealed record QueuePosition(long Position, TimeSpan? Eta, WaitReason? WaitsFor);
