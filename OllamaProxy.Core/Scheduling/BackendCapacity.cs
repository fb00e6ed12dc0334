using System.Collections.Immutable;
using OllamaProxy.Ollama.Backends;

namespace OllamaProxy.Scheduling;

/// <summary>A backend, as it fills up.</summary>
internal sealed class BackendCapacity(BackendLoad load)
{
    private RunningModels _running = load.Running;
    private ImmutableHashSet<string> _loaded = load.State.Loaded.Union(load.Running.Counts.Keys);

    public BackendState State => load.State;

    public int Free { get; private set; } = load.Free;

    public double Load => (double)_running.Total / State.Concurrency;

    public DateTimeOffset LoadedAt { get; private set; } = load.State.LoadedAt;

    public int LoadedModels => _loaded.Count;

    public bool IsLoaded(string model) => _loaded.Contains(model);

    public void Take(string model, DateTimeOffset now)
    {
        Free--;
        _running = _running.With(model);
        // One that has yet to be loaded may need all the room that those leave which run; one that nobody knows may not even be there.
        if (model.Length > 0 && !_loaded.Contains(model) && State.Has(model))
            (_loaded, LoadedAt) = ([.. _running.Counts.Keys], now);
    }
}
