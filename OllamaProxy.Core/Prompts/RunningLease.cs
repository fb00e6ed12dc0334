namespace OllamaProxy.Prompts;

/// <summary>A lease, as far as it matters for others.</summary>
/// <param name="Worker">Who holds it; null: a worker of an older version.</param>
/// <param name="Slot">The same for leases that share a slot.</param>
/// <param name="Backend">The Ollama that runs the prompt.</param>
/// <param name="Model">The prompt's model.</param>
public sealed record RunningLease(Guid? Worker, string Slot, string Backend, string? Model);
