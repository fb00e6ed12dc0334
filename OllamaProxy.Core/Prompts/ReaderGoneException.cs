namespace OllamaProxy.Prompts;

/// <summary>The client that reads a response has gone: nothing more needs to be read or written for it.</summary>
public sealed class ReaderGoneException() : OperationCanceledException("Nobody reads the answer any more.");
