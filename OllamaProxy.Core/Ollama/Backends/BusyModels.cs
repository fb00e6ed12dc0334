using System.Collections.Immutable;

namespace OllamaProxy.Ollama.Backends;

/// <summary>
/// The models for which a backend said that it is asked too often (429): those in the cloud have limits of their own, and others can be
/// run meanwhile. Not safe for many threads.
/// </summary>
internal sealed class BusyModels(TimeProvider time)
{
    private const int MaxModels = 1000;

    private readonly Dictionary<string, BusyBackOff> _backOffs = [];

    /// <summary>The canonical names of the models that are to be left alone now.</summary>
    public ImmutableHashSet<string> Current =>
        _backOffs.Count == 0 ? [] : [.. _backOffs.Where(model => model.Value.IsBusy).Select(model => model.Key)];

    /// <summary>The backend said so to an attempt.</summary>
    /// <param name="model">The canonical name of the model.</param>
    /// <param name="retryAfter">How long it asked to be left alone; null: it did not say.</param>
    /// <param name="startedAt">When the attempt was started, as a timestamp of the clock.</param>
    /// <returns>As <see cref="BusyBackOff.OnBusy"/>.</returns>
    public TimeSpan? OnBusy(string model, TimeSpan? retryAfter, long startedAt)
    {
        if (!_backOffs.TryGetValue(model, out var backOff))
        {
            if (_backOffs.Count >= MaxModels)
                _backOffs.Clear();
            _backOffs[model] = backOff = new(time);
        }
        return backOff.OnBusy(retryAfter, startedAt);
    }

    /// <summary>The backend ran the model.</summary>
    public void OnCompleted(string model) => _backOffs.Remove(model);
}
