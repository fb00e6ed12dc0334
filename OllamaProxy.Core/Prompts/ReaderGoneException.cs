namespace OllamaProxy.Prompts;

/// <summary>Whoever reads an answer is gone: nothing more is to be read or written for it.</summary>
public sealed class ReaderGoneException() : OperationCanceledException("Nobody reads the answer any more.");
