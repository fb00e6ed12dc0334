using OllamaProxy.Ollama.Backends;

namespace OllamaProxy.Scheduling;

/// <summary>A backend with the slots that are free, as the scheduler is given it.</summary>
/// <param name="State">What is known about the backend.</param>
/// <param name="Free">How many more prompts it can be given now.</param>
/// <param name="Running">The prompts that run there.</param>
public sealed record BackendLoad(BackendState State, int Free, RunningModels Running)
{
    /// <summary>How many of these may be ordinary ones; see <see cref="Storage.QueuedPrompt.IsOrdinary"/>.</summary>
    public int Ordinary { get; init; } = int.MaxValue;
}
