namespace OllamaProxy.Simulator.Models;

/// <summary>Something that runs on a loaded model, until it is disposed. Disposing it again does nothing.</summary>
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
