using System.Globalization;
using OllamaProxy.Benchmarks.Seeding;

namespace OllamaProxy.Benchmarks.Rows;

/// <summary>
/// What operations cost in a file with a million prompts, against one with next to nothing in it: reads as a client sees
/// them, over HTTP, and the others, such as a claim, which has no route, in this process.
/// </summary>
internal sealed class ScaleRows : IMeasurement
{
    private const int DeepPage = 10_000;

    private static readonly (StoreOperation Operation, Row Row)[] Scales =
    [
        Scale(StoreOperations.Claim, "claim"),
        Scale(StoreOperations.Submit, "submit"),
        Scale(StoreOperations.Status, "status"),
        Scale(StoreOperations.List, "page 1 of the list"),
        Scale(StoreOperations.Position, "status with position and ETA"),
        Scale(StoreOperations.Counts, "counts"),
    ];

    private static readonly Row Deep = new("deep-page", $"page {DeepPage:N0} of the list against page 1", Target.Below(3, "x"));

    public IReadOnlyList<Row> Rows => [.. Scales.Select(scale => scale.Row), Deep];

    public async Task MeasureAsync(Bench bench, Results results, CancellationToken cancellationToken)
    {
        var scales = Scales.Where(scale => results.Wants(scale.Row)).ToArray();
        if (scales.Length == Scales.Length)
            await Curve.MeasureAsync(bench, [.. scales.Select(scale => scale.Operation)], results, cancellationToken);

        var large = await bench.MillionAsync();
        if (scales.Length > 0)
            await CompareAsync(scales, large, bench, results, cancellationToken);
        if (results.Wants(Deep))
            await NoteDeepPageAsync(large, bench, results, cancellationToken);
    }

    private static async Task CompareAsync((StoreOperation, Row)[] scales, SeededFile large, Bench bench, Results results,
        CancellationToken cancellationToken)
    {
        var small = new SeededFile(Path.Combine(bench.NewFolder(), "queue.db"));
        await small.AddAsync(finished: 90, queued: 10);
        var overHttp = await HttpScale.RatiosAsync(bench, small, large, cancellationToken);
        await using var few = await OpenFile.OpenAsync(small);
        await using var many = await OpenFile.OpenAsync(large);
        foreach (var (operation, row) in scales)
        {
            var (inFew, inMany) = await InTurn.CompareAsync(
                bench.Effort, () => operation.TimeAsync(few, cancellationToken), () => operation.TimeAsync(many, cancellationToken));
            var ratio = overHttp.TryGetValue(operation.Name, out var http) ? http : inMany.Median() / inFew.Median();
            results.Note(row, ratio, overHttp.ContainsKey(operation.Name)
                ? $"over HTTP; in the store {Remark(inMany, inFew)}" : Remark(inMany, inFew));
        }
    }

    private static async Task NoteDeepPageAsync(SeededFile large, Bench bench, Results results, CancellationToken cancellationToken)
    {
        var deep = StoreOperations.ListPage("deep page", Math.Min(DeepPage, large.Finished / 10));
        await using var many = await OpenFile.OpenAsync(large);
        var (first, last) = await InTurn.CompareAsync(
            bench.Effort, () => StoreOperations.List.TimeAsync(many, cancellationToken), () => deep.TimeAsync(many, cancellationToken));
        results.Note(Deep, last.Median() / first.Median(), Remark(last, first));
    }

    private static string Remark(List<double> costs, List<double> against) => string.Create(CultureInfo.InvariantCulture,
        $"{costs.Median():N1} against {against.Median():N1} µs; the slowest {costs.Max():N0} and {against.Max():N0}");

    private static (StoreOperation, Row) Scale(StoreOperation operation, string what) =>
        (operation, new($"scale-{operation.Name}", $"{what}: a million prompts in the file against a hundred", Target.AtMost(1.3, "x")));
}
