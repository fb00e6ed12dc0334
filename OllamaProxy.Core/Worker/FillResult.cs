namespace OllamaProxy.Worker;

/// <summary>How the queue was, when it was last looked at.</summary>
public enum FillResult
{
    /// <summary>Nothing is queued, or only bulk prompts outside their hours.</summary>
    Empty,

    /// <summary>What is queued waits for its time, its model or its backend.</summary>
    Waiting,

    /// <summary>There is no room for what is queued.</summary>
    Full,
}
