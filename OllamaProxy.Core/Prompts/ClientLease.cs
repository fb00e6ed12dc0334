namespace OllamaProxy.Prompts;

/// <summary>
/// A client that waits for a prompt on an open connection. The connection holds a lease on the prompt, beside that of whoever
/// runs it: once that runs out, because the process with the connection is gone, the prompt is cancelled.
/// </summary>
/// <param name="Worker">Who alone may run the prompt: the worker of the process that has the connection; null: anybody.</param>
/// <param name="LeaseLength">For how long the lease is good, unless renewed.</param>
public sealed record ClientLease(Guid? Worker, TimeSpan LeaseLength)
{
    /// <summary>The error of a prompt that was cancelled for that.</summary>
    public const string Gone = "The client that waited for it on an open connection is gone.";
}
