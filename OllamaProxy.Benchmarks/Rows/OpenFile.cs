using OllamaProxy.Benchmarks.Seeding;
using OllamaProxy.Configuration;
using OllamaProxy.Live;
using OllamaProxy.Notifications;
using OllamaProxy.Queue;
using OllamaProxy.Storage;
using OllamaProxy.Storage.Sqlite;

namespace OllamaProxy.Benchmarks.Rows;

/// <summary>A seeded file, opened in this process as the server opens it, with ids to ask for.</summary>
internal sealed class OpenFile : IAsyncDisposable
{
    private readonly SqlitePromptStore _store;

    private OpenFile(SqlitePromptStore store)
    {
        var options = new OllamaProxyOptions { MaxQueued = 0 };
        _store = store;
        var estimator = new WaitEstimator(store, options, TimeProvider.System);
        Queue = new(store, store, new QueueSignal(), estimator, new RunningAttempts(), options, TimeProvider.System);
    }

    public IPromptStore Store => _store;

    public PromptQueue Queue { get; }

    /// <summary>Ids of prompts in any status.</summary>
    public required IReadOnlyList<Guid> Any { get; init; }

    /// <summary>Ids of prompts about the middle of the queue.</summary>
    public required IReadOnlyList<Guid> Middle { get; init; }

    public static async Task<OpenFile> OpenAsync(SeededFile file)
    {
        var (any, middle) = (await file.RandomIdsAsync(1000), await file.MiddleIdsAsync(100));
        return new(SqlitePromptStore.Open(file.Path, "llama3.2", TimeProvider.System)) { Any = any, Middle = middle };
    }

    public ValueTask DisposeAsync() => _store.DisposeAsync();
}
