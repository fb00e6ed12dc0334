using OllamaProxy.Ollama;
using OllamaProxy.Prompts;

namespace OllamaProxy.Worker.Attempts;

/// <summary>How an attempt ended.</summary>
/// <param name="Result">What had come by then: the whole result if nothing else is said.</param>
/// <param name="Failure">What went wrong; null: nothing did.</param>
/// <param name="Stopped">It was stopped before it could end, or Ollama was not there: it does not count.</param>
/// <param name="Duration">How long it took.</param>
public sealed record AttemptOutcome(PromptResult Result, OllamaException? Failure, bool Stopped, TimeSpan Duration)
{
    /// <summary>
    /// Whether the model was not there, but another backend may have it: the prompt is queued again at once, and the attempt does not
    /// count.
    /// </summary>
    public bool IsForAnother { get; init; }

    /// <summary>What had come by then; null if nothing.</summary>
    public PromptResult? Partial => Result.IsEmpty ? null : Result;
}
