namespace OllamaProxy.Prompts;

/// <summary>What a worker's lease is worth.</summary>
public enum LeaseState
{
    /// <summary>The worker may go on.</summary>
    Held,

    /// <summary>A client cancelled the prompt: the worker stops, and may still hand in what had come.</summary>
    Cancelled,

    /// <summary>It ran out, or the prompt is gone: the worker stops, and can write nothing.</summary>
    Lost,
}
