using OllamaProxy.Configuration;
using OllamaProxy.Hosting;
using OllamaProxy.Ollama.Backends;
using OllamaProxy.Storage;
using OllamaProxy.Worker;

namespace OllamaProxy.Api.Health;

/// <summary>
/// Whether this process can do its work: the store takes writes and, where prompts are run, the worker runs and a backend answers. However
/// many ask, the store is written to every other second at most.
/// </summary>
public sealed class Readiness
{
    private static readonly TimeSpan GoodFor = TimeSpan.FromSeconds(2);

    /// <summary>A store that takes longer is not ready.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly IStoreMaintenance _store;
    private readonly QueueWorker _worker;
    private readonly BackendPool _backends;
    private readonly OllamaProxyOptions _options;
    private readonly TimeProvider _time;
    private readonly Cached<bool> _isWritable;

    /// <summary>Looks at nothing yet.</summary>
    public Readiness(IStoreMaintenance store, QueueWorker worker, BackendPool backends, OllamaProxyOptions options, TimeProvider time)
    {
        (_store, _worker, _backends, _options, _time) = (store, worker, backends, options, time);
        _isWritable = new(IsWritableAsync, GoodFor, time);
    }

    /// <summary>Looks at everything.</summary>
    public async Task<ReadinessResource> CheckAsync(CancellationToken cancellationToken)
    {
        var isWritable = await IsWritableInTimeAsync(cancellationToken);
        return _options.Worker
            ? ReadinessResource.Of(isWritable, _worker.IsActive, _backends.All.Any(backend => backend.State.IsReachable))
            : ReadinessResource.Of(isWritable, null, null);
    }

    private async Task<bool> IsWritableInTimeAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _isWritable.GetAsync(cancellationToken).WaitAsync(Patience, _time, cancellationToken);
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private async Task<bool> IsWritableAsync()
    {
        try
        {
            await _store.WriteNothingAsync(CancellationToken.None);
            return true;
        }
        catch (StoreException)
        {
            return false;
        }
    }
}
