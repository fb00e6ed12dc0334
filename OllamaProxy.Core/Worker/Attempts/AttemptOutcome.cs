using OllamaProxy.Ollama;
using OllamaProxy.Prompts;

namespace OllamaProxy.Worker.Attempts;

/// <summary>How an attempt ended.</summary>
/// <param name="Result">What had been generated: the whole result of a success, otherwise a partial one.</param>
/// <param name="Failure">The error; null: there was none.</param>
/// <param name="Stopped">Whether it was stopped early, or Ollama could not be reached: then it does not count.</param>
/// <param name="Duration">How long it took.</param>
public sealed record AttemptOutcome(PromptResult Result, OllamaException? Failure, bool Stopped, TimeSpan Duration)
{
    /// <summary>
    /// Whether the backend does not have the model, but another one may: the prompt is queued again at once, and the attempt does not
    /// count.
    /// </summary>
    public bool IsForAnother { get; init; }

    /// <summary>
    /// Whether it was stopped after clients could follow some of its answer: it counts, so that they can tell what the next attempt says
    /// from it.
    /// </summary>
    public bool WasFollowed { get; init; }

    /// <summary>What had been generated; null: nothing.</summary>
    public PromptResult? Partial => Result.IsEmpty ? null : Result;
}
