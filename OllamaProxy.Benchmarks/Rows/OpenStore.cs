using OllamaProxy.Benchmarks.Seeding;
using OllamaProxy.Configuration;
using OllamaProxy.Live;
using OllamaProxy.Notifications;
using OllamaProxy.Queue;
using OllamaProxy.Storage;

namespace OllamaProxy.Benchmarks.Rows;

/// <summary>A seeded store, opened in this process as the server opens it, with ids to ask for.</summary>
internal sealed class OpenStore : IAsyncDisposable
{
    private OpenStore(IPromptStore store)
    {
        var options = new OllamaProxyOptions { MaxQueued = 0 };
        Store = store;
        var estimator = new WaitEstimator(store, options, TimeProvider.System);
        Queue = new(store, store, new QueueSignal(), estimator, new RunningAttempts(), options, TimeProvider.System);
    }

    public IPromptStore Store { get; }

    public PromptQueue Queue { get; }

    /// <summary>Ids of prompts in any status.</summary>
    public required IReadOnlyList<Guid> Any { get; init; }

    /// <summary>Ids of prompts about the middle of the queue.</summary>
    public required IReadOnlyList<Guid> Middle { get; init; }

    public static async Task<OpenStore> OpenAsync(ISeededStore seeded)
    {
        var (any, middle) = (await seeded.RandomIdsAsync(1000), await seeded.MiddleIdsAsync(100));
        return new(await seeded.OpenAsync()) { Any = any, Middle = middle };
    }

    public ValueTask DisposeAsync() => ((IAsyncDisposable)Store).DisposeAsync();
}
