namespace OllamaProxy.Benchmarks.Rows;

/// <summary>What operations cost in one file as it grows.</summary>
internal static class Curve
{
    public static async Task MeasureAsync(Bench bench, IReadOnlyList<StoreOperation> operations, Results results,
        CancellationToken cancellationToken)
    {
        foreach (var size in bench.Effort.CurveSizes)
        {
            await bench.Growing.GrowAsync(size - (size / 10), size / 10);
            await using var file = await OpenStore.OpenAsync(bench.Growing);
            var costs = operations.ToDictionary(operation => operation, _ => new List<double>());
            for (var i = -bench.Effort.StoreSamples / 4; i < bench.Effort.StoreSamples; i++)
                foreach (var operation in operations)
                {
                    var cost = await operation.TimeAsync(file, cancellationToken);
                    if (i >= 0) // Those before warm up.
                        costs[operation].Add(cost);
                }
            results.Note(
                new CurvePoint(size, operations.ToDictionary(operation => operation.Name, operation => costs[operation].Median())));
        }
    }
}
