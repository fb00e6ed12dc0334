using System.Diagnostics;
using OllamaProxy.Prompts;
using OllamaProxy.Storage;

namespace OllamaProxy.Benchmarks.Rows;

/// <summary>The operations that are timed.</summary>
internal static class StoreOperations
{
    private const int PageSize = 5;

    public static readonly NewPrompt New = new("What is the capital of France?", "llama3.2", "{}"u8.ToArray());
    private static readonly ClaimTerms Terms = new(1, TimeSpan.FromMinutes(1), 5, "http://localhost:11434");

    /// <summary>What a worker of one slot asks for.</summary>
    private static readonly SnapshotTerms Look = new(PerModel: 16, default) { Accounts = 16 };

    public static readonly StoreOperation Claim = new("claim", ClaimAsync);

    public static readonly StoreOperation Submit = Of("submit", (store, ct) => store.Queue.SubmitAsync(New, ct));

    public static readonly StoreOperation Status = Of("status", async (store, ct) =>
    {
        var prompt = await store.Store.FindAsync(OneOf(store.Any), ct);
        await store.Queue.FindPositionAsync(prompt!, ct);
    });

    public static readonly PromptQuery FirstPage = new(1, PageSize);

    public static readonly StoreOperation List = ListPage("list", 1);

    public static readonly StoreOperation Position = Of("position", async (store, ct) =>
    {
        var prompt = await store.Store.FindAsync(OneOf(store.Middle), ct);
        if (await store.Queue.FindPositionAsync(prompt!, ct) is null)
            throw new BenchmarkException("A prompt in the middle of the queue has no position.");
    });

    public static readonly StoreOperation Counts = Of("counts", (store, ct) => store.Store.CountAsync(null, null, ct));

    public static StoreOperation ListPage(string name, int page) =>
        Of(name, (store, ct) => store.Store.ListAsync(new(page, PageSize), ct));

    public static StoreOperation Of(string name, Func<OpenStore, CancellationToken, Task> run) =>
        new(name, (store, cancellationToken) => InTurn.MicrosecondsAsync(() => run(store, cancellationToken)));

    private static async Task<double> ClaimAsync(OpenStore store, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var snapshot = await store.Store.ReadSnapshotAsync(Look, cancellationToken);
        var claimed = await store.Store.ClaimAsync(snapshot.Prompts[0].Seq, Terms, cancellationToken);
        var cost = Stopwatch.GetElapsedTime(started).TotalMicroseconds;
        await store.Store.SettleAsync(claimed!.Lease, new Settlement.Release(null), cancellationToken);
        return cost;
    }

    private static Guid OneOf(IReadOnlyList<Guid> ids) => ids[Random.Shared.Next(ids.Count)];
}
