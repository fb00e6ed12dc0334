namespace OllamaProxy.Prompts;

/// <summary>Where a prompt is in its life. <see cref="PromptStatusNames"/> holds how each is written in JSON and in the store.</summary>
public enum PromptStatus
{
    /// <summary>Waits for the worker, perhaps for the end of a back-off.</summary>
    Queued,

    /// <summary>A worker holds its lease and runs it.</summary>
    Processing,

    /// <summary>Ended with a result.</summary>
    Completed,

    /// <summary>Ended with an error: a permanent one, or that of the last attempt.</summary>
    Failed,

    /// <summary>Ended because a client asked for it.</summary>
    Cancelled,
}
