using OllamaProxy.Protocol;
using OllamaProxy.Scheduling;
using OllamaProxy.Storage;

namespace OllamaProxy.Worker;

/// <summary>
/// The leases that this process holds: those of prompts that run, are prefetched, or whose attempt is being settled. Safe for many threads.
/// </summary>
internal sealed class ActiveLeases
{
    private readonly Lock _lock = new();
    private readonly Dictionary<Guid, Claim> _byToken = [];
    private readonly Dictionary<string, RunningModels> _running = [];

    public void Add(Lease lease, string backend, LoadKey key)
    {
        lock (_lock)
        {
            _byToken.Add(lease.Token, new(lease, backend, key));
            _running[backend] = RunningAt(backend).With(key);
        }
    }

    public void OnAttemptEnded(Lease lease)
    {
        lock (_lock)
            End(_byToken[lease.Token]);
    }

    public void Remove(Lease lease)
    {
        lock (_lock)
            if (_byToken.Remove(lease.Token, out var claim))
                End(claim);
    }

    /// <summary>What runs at a backend.</summary>
    public RunningModels RunningAt(string backend)
    {
        lock (_lock)
            return _running.GetValueOrDefault(backend, RunningModels.None);
    }

    /// <summary>
    /// A lease at a backend whose attempt has ended and whose slot is as good as free, each only once; null: there is none.
    /// </summary>
    public Lease? TryReuseFinished(string backend)
    {
        lock (_lock)
        {
            var ended = _byToken.Values.FirstOrDefault(claim =>
                claim.Backend == backend && claim is { HasEnded: true, HasSuccessor: false });
            if (ended is not null)
                ended.HasSuccessor = true;
            return ended?.Lease;
        }
    }

    private void End(Claim claim)
    {
        if (claim.HasEnded)
            return;
        claim.HasEnded = true;
        _running[claim.Backend] = _running[claim.Backend].Without(claim.Key);
    }

    private sealed record Claim(Lease Lease, string Backend, LoadKey Key)
    {
        public bool HasEnded { get; set; }

        public bool HasSuccessor { get; set; }
    }
}
