using OllamaProxy.Ollama;
using OllamaProxy.Prompts;

namespace OllamaProxy.Worker;

/// <summary>How an attempt ended.</summary>
/// <param name="Result">What had come by then: the whole result if nothing else is said.</param>
/// <param name="Failure">What went wrong; null: nothing did.</param>
/// <param name="Stopped">It was stopped before it could end, or Ollama was not there: it does not count.</param>
/// <param name="Duration">How long it took.</param>
public sealed record AttemptOutcome(PromptResult Result, OllamaException? Failure, bool Stopped, TimeSpan Duration)
{
    /// <summary>What had come by then; null if nothing.</summary>
    public PromptResult? Partial => Result.IsEmpty ? null : Result;
}
