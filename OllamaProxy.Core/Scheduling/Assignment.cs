using OllamaProxy.Protocol;
using OllamaProxy.Storage;

namespace OllamaProxy.Scheduling;

/// <summary>A prompt to be run, with the backend that runs it.</summary>
/// <param name="Prompt">The prompt.</param>
/// <param name="Model">The canonical name of its model.</param>
/// <param name="Backend">The name of the backend.</param>
/// <param name="IsRefused">
/// Every backend said a moment ago that it lacks the model: the prompt fails without being sent, and takes no slot.
/// </param>
public sealed record Assignment(QueuedPrompt Prompt, string Model, string Backend, bool IsRefused = false)
{
    /// <summary>What the prompt needs to be loaded.</summary>
    public LoadKey Key => new(Model, Prompt.LoadOptions);
}
