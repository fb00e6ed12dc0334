namespace OllamaProxy.Simulator.Models;

/// <summary>A model in memory.</summary>
/// <param name="name">Its full name.</param>
/// <param name="runnerOptions">The options that it was loaded with.</param>
internal sealed class LoadedModel(string name, RunnerOptions runnerOptions)
{
    public string Name => name;

    public RunnerOptions RunnerOptions => runnerOptions;

    /// <summary>How many requests run on it.</summary>
    public int Running { get; set; }

    /// <summary>The number of its last use, among all uses of all models.</summary>
    public long LastUse { get; set; }

    /// <summary>How long it stays loaded after the last request.</summary>
    public TimeSpan KeepAlive { get; set; }

    /// <summary>When it is unloaded, unless a request runs on it then.</summary>
    public DateTimeOffset ExpiresAt { get; set; }
}

/// <summary>Keeps a model loaded until it is disposed. Disposing it twice has no effect.</summary>
internal sealed class ModelUse(LoadedModels models, LoadedModel model) : IDisposable
{
    private bool _isOver;

    public void Dispose()
    {
        if (_isOver) return;
        _isOver = true;
        models.Release(model);
    }
}
