using OllamaProxy.Prompts;
using OllamaProxy.Storage;

namespace OllamaProxy.Tests.Storage.Model;

/// <summary>A lease as <see cref="StoreModel"/> knows it. A worker may remember it for longer than it is worth anything.</summary>
internal sealed class ModelLease(ModelPrompt prompt, Lease lease, DateTimeOffset expiresAt, object slot)
{
    public ModelPrompt Prompt => prompt;

    public Lease Lease => lease;

    /// <summary>The place in which its prompt runs; leases whose prompts run one after the other share it.</summary>
    public object Slot => slot;

    /// <summary>What the worker was told when it claimed.</summary>
    public bool IsLastAttempt { get; } = prompt.Shown.Attempts == prompt.MaxAttempts;

    public DateTimeOffset ExpiresAt { get; set; } = expiresAt;

    /// <summary>How much of the text the worker has handed in.</summary>
    public TextOffset HandedIn { get; set; }
}
