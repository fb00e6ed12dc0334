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
    /// <summary>Whether the backend has to load the model for it, as far as is known.</summary>
    public bool NeedsLoad { get; init; }

    /// <summary>Whether it goes before earlier prompts of the same account for another model.</summary>
    public bool HasOvertaken { get; init; }

    /// <summary>What the prompt needs to be loaded.</summary>
    public LoadKey Key => new(Model, Prompt.LoadOptions);
}
