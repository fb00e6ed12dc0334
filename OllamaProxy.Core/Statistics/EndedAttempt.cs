using OllamaProxy.Prompts;

namespace OllamaProxy.Statistics;

/// <summary>An attempt that has ended, as far as trends count it.</summary>
/// <param name="At">When it ended.</param>
/// <param name="Model">Its model, in its canonical form; null: the default model.</param>
/// <param name="Backend">The backend; empty: no backend has the model.</param>
/// <param name="IsLast">Whether the prompt ended with it.</param>
/// <param name="IsError">Whether it failed.</param>
/// <param name="Wait">How long the prompt had waited for it since it was submitted; null: that is not known.</param>
/// <param name="Duration">How long it took.</param>
/// <param name="Statistics">Ollama's figures.</param>
public readonly record struct EndedAttempt(
    DateTimeOffset At, string? Model, string Backend, bool IsLast, bool IsError, TimeSpan? Wait, TimeSpan Duration,
    GenerationStatistics Statistics);
