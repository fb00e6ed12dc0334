using System.Diagnostics.CodeAnalysis;
using OllamaProxy.Simulator.Http;

namespace OllamaProxy.Simulator.Models;

/// <summary>
/// The models in memory. One is loaded at a time. If there is no room for another, the least recently used one is unloaded once no request
/// runs on it. Safe for many threads.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "A semaphore whose wait handle nobody asks for holds nothing to release.")]
internal sealed class LoadedModels(SimulatorOptions options)
{
    private static readonly TimeSpan DefaultKeepAlive = TimeSpan.FromMinutes(5);

    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _loading = new(1, 1);
    private readonly Dictionary<string, LoadedModel> _models = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<string> _loads = [];
    private TaskCompletionSource _released = NewSignal();
    private long _uses;
    private int _waiting;

    /// <summary>The loaded models, with the time when each expires and the length of its context, the latest first.</summary>
    public IReadOnlyList<(string Name, DateTimeOffset ExpiresAt, int ContextLength)> All
    {
        get
        {
            lock (_gate)
            {
                DropExpired();
                return [.. _models.Values
                    .Select(model => (model.Name, model.ExpiresAt, model.RunnerOptions.ContextLength ?? options.ContextLength))
                    .OrderByDescending(model => model.ExpiresAt)];
            }
        }
    }

    /// <summary>The full names of the models that were loaded, one for each load that began, in order.</summary>
    public IReadOnlyList<string> Loads
    {
        get
        {
            lock (_gate) return [.. _loads];
        }
    }

    /// <summary>Loads a model if necessary, and keeps it loaded until the returned use is disposed.</summary>
    /// <param name="name">The model.</param>
    /// <param name="keepAlive">How long it stays loaded afterwards; null: the default.</param>
    /// <param name="runnerOptions">The options to load it with.</param>
    /// <param name="ct">Cancels the waiting. A load that has begun is abandoned.</param>
    /// <exception cref="OllamaException">503: too many requests wait for a model to be loaded.</exception>
    public async ValueTask<ModelUse> UseAsync(string name, TimeSpan? keepAlive, RunnerOptions runnerOptions, CancellationToken ct)
    {
        var fullName = ModelCatalog.FullName(name);
        if (TryUse(fullName, keepAlive, runnerOptions) is { } use) return use;

        if (Interlocked.Increment(ref _waiting) > options.MaxQueue)
        {
            Interlocked.Decrement(ref _waiting);
            throw OllamaException.Busy();
        }

        try
        {
            await _loading.WaitAsync(ct);
            try
            {
                return TryUse(fullName, keepAlive, runnerOptions) ?? await LoadAsync(fullName, keepAlive, runnerOptions, ct);
            }
            finally
            {
                _loading.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    /// <summary>Unloads a model as soon as no request runs on it.</summary>
    public void Unload(string name)
    {
        lock (_gate)
        {
            if (!_models.TryGetValue(ModelCatalog.FullName(name), out var model)) return;
            model.KeepAlive = TimeSpan.Zero;
            if (model.Running == 0) _models.Remove(model.Name);
        }
    }

    internal void Release(LoadedModel model)
    {
        lock (_gate)
        {
            model.ExpiresAt = options.Time.GetUtcNow() + model.KeepAlive;
            if (--model.Running > 0) return;
            if (model.KeepAlive == TimeSpan.Zero) _models.Remove(model.Name);
            _released.SetResult();
            _released = NewSignal();
        }
    }

    private async Task<ModelUse> LoadAsync(string name, TimeSpan? keepAlive, RunnerOptions runnerOptions, CancellationToken ct)
    {
        while (RoomOrNull(name) is { } released) await released.WaitAsync(ct);
        lock (_gate) _loads.Add(name);
        if (options.LoadTime > TimeSpan.Zero) await Task.Delay(options.LoadTime, options.Time, ct);
        lock (_gate)
        {
            var model = new LoadedModel(name, runnerOptions);
            _models.Add(name, model);
            return Use(model, keepAlive);
        }
    }

    private ModelUse? TryUse(string name, TimeSpan? keepAlive, RunnerOptions runnerOptions)
    {
        lock (_gate)
        {
            DropExpired();
            return _models.TryGetValue(name, out var model) && runnerOptions.FitsOn(model.RunnerOptions, options.ContextLength)
                ? Use(model, keepAlive) : null;
        }
    }

    private ModelUse Use(LoadedModel model, TimeSpan? keepAlive)
    {
        model.Running++;
        model.LastUse = ++_uses;
        model.KeepAlive = keepAlive ?? DefaultKeepAlive;
        model.ExpiresAt = options.Time.GetUtcNow() + model.KeepAlive;
        return new(this, model);
    }

    /// <summary>Null: there is room for this model. Otherwise a task that completes when any model is released.</summary>
    private Task? RoomOrNull(string name)
    {
        lock (_gate)
        {
            DropExpired();
            // It is loaded with other options, and has to be loaded anew.
            if (_models.TryGetValue(name, out var outdated))
            {
                if (outdated.Running > 0) return _released.Task;
                _models.Remove(name);
            }

            while (_models.Count >= options.MaxLoadedModels)
            {
                if (_models.Values.Where(model => model.Running == 0).MinBy(model => model.LastUse) is not { } idle) return _released.Task;
                _models.Remove(idle.Name);
            }

            return null;
        }
    }

    private void DropExpired()
    {
        var now = options.Time.GetUtcNow();
        foreach (var (name, model) in _models)
        {
            if (model.Running == 0 && model.ExpiresAt <= now) _models.Remove(name);
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
