namespace OllamaProxy.Prompts;

/// <summary>
/// The lease of a client that waits for its prompt on an open connection. The process with the connection renews it, beside the lease of
/// the worker. When it runs out, because that process has died, the prompt is cancelled.
/// </summary>
/// <param name="Worker">The only worker that may run the prompt, that of the process with the connection; null: any worker may.</param>
/// <param name="LeaseLength">How long the lease lasts unless it is renewed.</param>
public sealed record ClientLease(Guid? Worker, TimeSpan LeaseLength)
{
    /// <summary>The error of a prompt that was cancelled because this lease ran out.</summary>
    public const string Gone = "The client that waited for it on an open connection is gone.";
}
