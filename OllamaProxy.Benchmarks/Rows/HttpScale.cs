using OllamaProxy.Benchmarks.Load;
using OllamaProxy.Benchmarks.Seeding;

namespace OllamaProxy.Benchmarks.Rows;

/// <summary>What the reads cost as clients see them, one request at a time over HTTP, in a large store against a small one.</summary>
internal static class HttpScale
{
    private const int Ids = 1000;

    /// <summary>The ratio of the medians, by the name of the operation.</summary>
    public static async Task<IReadOnlyDictionary<string, double>> RatiosAsync(
        Bench bench, ISeededStore small, ISeededStore large, CancellationToken cancellationToken)
    {
        var (inSmall, inLarge) = (await RequestsAsync(small), await RequestsAsync(large));
        await using var fewServer = await bench.ServeAsync(small, cancellationToken);
        await using var manyServer = await bench.ServeAsync(large, cancellationToken);
        using var few = await Connection.OpenAsync(fewServer.EndPoint, cancellationToken);
        using var many = await Connection.OpenAsync(manyServer.EndPoint, cancellationToken);

        var ratios = new Dictionary<string, double>();
        foreach (var (name, requests) in inSmall)
        {
            var (one, other) = await InTurn.CompareAsync(
                bench.Effort, () => TimeAsync(few, requests, cancellationToken), () => TimeAsync(many, inLarge[name], cancellationToken));
            ratios.Add(name, other.Median() / one.Median());
        }
        return ratios;
    }

    private static async Task<Dictionary<string, byte[][]>> RequestsAsync(ISeededStore store) => new()
    {
        [StoreOperations.Status.Name] = [.. (await store.RandomIdsAsync(Ids)).Select(StatusOf)],
        [StoreOperations.Position.Name] = [.. (await store.MiddleIdsAsync(Ids)).Select(StatusOf)],
        [StoreOperations.List.Name] = [Request.Get("/api/v1/prompts")],
    };

    private static byte[] StatusOf(Guid id) => Request.Get($"/api/v1/prompt/{id}/status");

    private static Task<double> TimeAsync(Connection client, byte[][] requests, CancellationToken cancellationToken) =>
        InTurn.MicrosecondsAsync(() => client.AskAsync(requests[Random.Shared.Next(requests.Length)], cancellationToken).AsTask());
}
