using OllamaProxy.Ollama.Backends;
using OllamaProxy.Protocol;
using OllamaProxy.Scheduling;
using OllamaProxy.Storage;

namespace OllamaProxy.Worker;

/// <summary>What this process runs at a backend, or is about to. Not safe for many threads.</summary>
internal sealed class BackendSlots(Backend backend)
{
    public Backend Backend => backend;

    /// <summary>The slots that have not closed.</summary>
    public HashSet<Slot> Open { get; } = [];

    /// <summary>How many slots are reserved for prompts that are being claimed.</summary>
    public int Reserved { get; set; }

    /// <summary>How many of these are for ordinary prompts; see <see cref="QueuedPrompt.IsOrdinary"/>.</summary>
    public int ReservedOrdinary { get; set; }

    /// <summary>How many slots other processes have taken, as far as is known.</summary>
    public int TakenByOthers { get; private set; }

    /// <summary>How many of these run ordinary prompts.</summary>
    public int TakenOrdinary { get; private set; }

    /// <summary>What other processes run there, as far as is known.</summary>
    public RunningModels RunByOthers { get; private set; } = RunningModels.None;

    /// <summary>Whether the last prompt of the slot that closed last was quick.</summary>
    public bool IsShortRunning { get; set; }

    public int Free => Math.Max(backend.Concurrency - Open.Count - Reserved - TakenByOthers, 0);

    /// <summary>How many of these an ordinary prompt may take: the others are reserved.</summary>
    public int FreeOrdinary => backend.Reserved == 0 ? int.MaxValue : Math.Max(
        backend.Concurrency - backend.Reserved - Open.Count(slot => slot.IsOrdinary) - ReservedOrdinary - TakenOrdinary, 0);

    /// <summary>Room for prompts that follow what is quick.</summary>
    public int Prefetchable => PrefetchableSlots.Count();

    /// <summary>The slots in which a prompt can follow. None where slots are reserved: what follows may be of another kind.</summary>
    public IEnumerable<Slot> PrefetchableSlots => backend.Reserved > 0 ? [] : Open.Where(slot => slot.CanPrefetch);

    /// <summary>Takes note of what other processes run there.</summary>
    public void SetOthers(IReadOnlyCollection<RunningLease> leases, string defaultModel)
    {
        TakenByOthers = leases.DistinctBy(lease => lease.Slot).Count();
        TakenOrdinary = leases.Where(lease => lease.Priority <= 0).DistinctBy(lease => lease.Slot).Count();
        RunByOthers = RunningModels.Of(leases.Select(lease =>
            new LoadKey(ModelName.Canonical(lease.Model ?? defaultModel), lease.LoadOptions)));
    }
}
