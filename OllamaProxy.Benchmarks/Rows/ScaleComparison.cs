using System.Globalization;
using OllamaProxy.Benchmarks.Seeding;

namespace OllamaProxy.Benchmarks.Rows;

/// <summary>An operation whose cost in a large store is compared with that in a small one, and its row.</summary>
internal sealed record ScaleComparison(StoreOperation Operation, Row Row)
{
    /// <summary>One row for each operation.</summary>
    /// <param name="prefix">What the names of the rows begin with.</param>
    /// <param name="sizes">What is compared, in words.</param>
    public static IReadOnlyList<ScaleComparison> All(string prefix, string sizes) =>
    [
        .. new[]
        {
            (StoreOperations.Claim, "claim"),
            (StoreOperations.Submit, "submit"),
            (StoreOperations.Status, "status"),
            (StoreOperations.List, "page 1 of the list"),
            (StoreOperations.Position, "status with position and ETA"),
            (StoreOperations.Counts, "counts"),
        }.Select(each => new ScaleComparison(
            each.Item1, new($"{prefix}{each.Item1.Name}", $"{each.Item2}: {sizes}", Target.AtMost(1.3, "x")))),
    ];

    /// <summary>Measures some of them: reads as a client sees them, over HTTP, and the others in this process.</summary>
    public static async Task NoteAsync(IReadOnlyList<ScaleComparison> comparisons, ISeededStore small, ISeededStore large, Bench bench,
        Results results, CancellationToken cancellationToken)
    {
        var overHttp = await HttpScale.RatiosAsync(bench, small, large, cancellationToken);
        await using var few = await OpenStore.OpenAsync(small);
        await using var many = await OpenStore.OpenAsync(large);
        foreach (var (operation, row) in comparisons)
        {
            var (inFew, inMany) = await InTurn.CompareAsync(
                bench.Effort, () => operation.TimeAsync(few, cancellationToken), () => operation.TimeAsync(many, cancellationToken));
            var ratio = overHttp.TryGetValue(operation.Name, out var http) ? http : inMany.Median() / inFew.Median();
            results.Note(row, ratio, overHttp.ContainsKey(operation.Name)
                ? $"over HTTP; in the store {Remark(inMany, inFew)}" : Remark(inMany, inFew));
        }
    }

    /// <summary>The medians of two costs, and the highest of each.</summary>
    public static string Remark(List<double> costs, List<double> against) => string.Create(CultureInfo.InvariantCulture,
        $"{costs.Median():N1} against {against.Median():N1} µs; the slowest {costs.Max():N0} and {against.Max():N0}");
}
