namespace OllamaProxy.Worker;

/// <summary>Which worker this is, of those on the store: another one after each start.</summary>
public sealed class WorkerIdentity
{
    /// <summary>By what it is told from others.</summary>
    public Guid Token { get; } = Guid.NewGuid();
}
