using System.Collections.Immutable;
using OllamaProxy.Ollama.Backends;

namespace OllamaProxy.Scheduling;

/// <summary>The slots and loaded models of a backend during one round, as assignments use them up.</summary>
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
        // To load this model, Ollama may unload all models that run nothing. A name that no list has may be no model at all.
        if (model.Length > 0 && !_loaded.Contains(model) && State.Has(model))
            (_loaded, LoadedAt) = ([.. _running.Counts.Keys], now);
    }
}
