namespace OllamaProxy.Benchmarks.Rows;

/// <summary>One run of many prompts as Ollama saw it.</summary>
/// <param name="Rate">How many ended a second.</param>
/// <param name="Milliseconds">How long one took, in the middle.</param>
internal sealed record DrainFigures(double Rate, double Milliseconds);
