using OllamaProxy.Benchmarks.Seeding;

namespace OllamaProxy.Benchmarks.Rows;

/// <summary>
/// What operations cost in a file with a million prompts, against one with next to nothing in it: reads as a client sees
/// them, over HTTP, and the others, such as a claim, which has no route, in this process.
/// </summary>
internal sealed class ScaleRows : IMeasurement
{
    private const int DeepPage = 10_000;

    private static readonly IReadOnlyList<ScaleComparison> Scales =
        ScaleComparison.All("scale-", "a million prompts in the file against a hundred");

    private static readonly Row Deep = new("deep-page", $"page {DeepPage:N0} of the list against page 1", Target.Below(3, "x"));

    public IReadOnlyList<Row> Rows => [.. Scales.Select(scale => scale.Row), Deep];

    public async Task MeasureAsync(Bench bench, Results results, CancellationToken cancellationToken)
    {
        var scales = Scales.Where(scale => results.Wants(scale.Row)).ToArray();
        if (scales.Length == Scales.Count)
            await Curve.MeasureAsync(bench, [.. scales.Select(scale => scale.Operation)], results, cancellationToken);

        var large = await bench.MillionAsync();
        if (scales.Length > 0)
        {
            var small = new SeededFile(Path.Combine(bench.NewFolder(), "queue.db"));
            await small.AddAsync(finished: 90, queued: 10);
            await ScaleComparison.NoteAsync(scales, small, large, bench, results, cancellationToken);
        }
        if (results.Wants(Deep))
            await NoteDeepPageAsync(large, bench, results, cancellationToken);
    }

    private static async Task NoteDeepPageAsync(SeededFile large, Bench bench, Results results, CancellationToken cancellationToken)
    {
        var deep = StoreOperations.ListPage("deep page", Math.Min(DeepPage, large.Finished / 10));
        await using var many = await OpenStore.OpenAsync(large);
        var (first, last) = await InTurn.CompareAsync(
            bench.Effort, () => StoreOperations.List.TimeAsync(many, cancellationToken), () => deep.TimeAsync(many, cancellationToken));
        results.Note(Deep, last.Median() / first.Median(), ScaleComparison.Remark(last, first));
    }
}
