namespace OllamaProxy.Queue;

/// <summary>The queue accepts no prompts until an operator resumes it. Nothing of the submission was queued.</summary>
public sealed class QueueDrainingException() : Exception(
    "This Ollama Proxy accepts no prompts at the moment, because an operator has it drained. Try again later.");
