using OllamaProxy.Ollama.Backends;
using OllamaProxy.Scheduling;

namespace OllamaProxy.Worker;

/// <summary>What this process runs at a backend, or is about to. Not safe for many threads.</summary>
internal sealed class BackendSlots(Backend backend)
{
    public Backend Backend => backend;

    /// <summary>The slots that have not closed.</summary>
    public HashSet<Slot> Open { get; } = [];

    /// <summary>How many slots are reserved for prompts that are being claimed.</summary>
    public int Reserved { get; set; }

    /// <summary>How many slots other processes have taken, as far as is known.</summary>
    public int TakenByOthers { get; set; }

    /// <summary>What other processes run there, as far as is known.</summary>
    public RunningModels RunByOthers { get; set; } = RunningModels.None;

    /// <summary>Whether the last prompt of the slot that closed last was quick.</summary>
    public bool IsShortRunning { get; set; }

    public int Free => Math.Max(backend.Concurrency - Open.Count - Reserved - TakenByOthers, 0);

    /// <summary>Room for prompts that follow what is quick.</summary>
    public int Prefetchable => Open.Count(slot => slot.CanPrefetch);
}
