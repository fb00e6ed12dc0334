namespace OllamaProxy.Benchmarks;

/// <summary>A row cannot be measured; the message says why in one line.</summary>
internal sealed class BenchmarkException(string message) : Exception(message);
