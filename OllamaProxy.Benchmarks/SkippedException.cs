namespace OllamaProxy.Benchmarks;

/// <summary>Rows cannot be measured on this machine, which is no fault; the message says what is missing in one line.</summary>
internal sealed class SkippedException(string message) : Exception(message);
