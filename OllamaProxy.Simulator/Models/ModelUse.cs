namespace OllamaProxy.Simulator.Models;

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
