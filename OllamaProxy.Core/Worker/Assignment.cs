using OllamaProxy.Prompts;

namespace OllamaProxy.Worker;

/// <summary>A prompt that is to be run, and where.</summary>
/// <param name="Prompt">The prompt.</param>
/// <param name="Model">The canonical name of its model.</param>
/// <param name="Backend">The name of the backend.</param>
/// <param name="NeedsSlot">False: no backend has the model, and Ollama is only asked to say so, which it does at once.</param>
public sealed record Assignment(QueuedPrompt Prompt, string Model, string Backend, bool NeedsSlot = true);
