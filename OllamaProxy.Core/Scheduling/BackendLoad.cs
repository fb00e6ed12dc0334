using OllamaProxy.Ollama.Backends;

namespace OllamaProxy.Scheduling;

/// <summary>A backend, and how busy it is.</summary>
/// <param name="State">What is known of it.</param>
/// <param name="Free">How many prompts it can be given now.</param>
/// <param name="Running">What runs there.</param>
public sealed record BackendLoad(BackendState State, int Free, RunningModels Running);
