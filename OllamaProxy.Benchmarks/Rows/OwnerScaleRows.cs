using OllamaProxy.Benchmarks.Load;
using OllamaProxy.Benchmarks.Seeding;
using OllamaProxy.Prompts;

namespace OllamaProxy.Benchmarks.Rows;

/// <summary>
/// What operations cost in a file whose prompts are spread over a thousand owners, against one as large whose prompts are nobody's.
/// </summary>
internal sealed class OwnerScaleRows : IMeasurement
{
    private const string Sizes = "a million prompts of 1,000 owners, against as many of nobody in particular";

    private static readonly IReadOnlyList<(Row Row, StoreOperation OfNobody, StoreOperation OfOwners)> Scales =
    [
        (RowOf("claim", "claim"), StoreOperations.Claim, StoreOperations.Claim),
        (RowOf("submit", "submit"), StoreOperations.Submit, StoreOperations.Of("submit",
            (store, ct) => store.Queue.SubmitAsync(Own(StoreOperations.New, AnyOwner()), ct))),
        (RowOf("list", "page 1 of the list, which is an owner's own"), StoreOperations.List, StoreOperations.Of("list",
            (store, ct) => store.Store.ListAsync(StoreOperations.FirstPage with { Owner = AnyOwner() }, ct))),
    ];

    public IReadOnlyList<Row> Rows => [.. Scales.Select(scale => scale.Row)];

    public async Task MeasureAsync(Bench bench, Results results, CancellationToken cancellationToken)
    {
        var seeded = new SeededFile(Path.Combine(bench.NewFolder(), "queue.db"), Owners.Count);
        await seeded.AddAsync(bench.Effort.FinishedPrompts, bench.Effort.QueuedPrompts);
        await using var nobodys = await OpenStore.OpenAsync(await bench.MillionAsync());
        await using var owned = await OpenStore.OpenAsync(seeded);
        foreach (var (row, ofNobody, ofOwners) in Scales.Where(scale => results.Wants(scale.Row)))
        {
            var (one, other) = await InTurn.CompareAsync(
                bench.Effort, () => ofNobody.TimeAsync(nobodys, cancellationToken), () => ofOwners.TimeAsync(owned, cancellationToken));
            results.Note(row, other.Median() / one.Median(), ScaleComparison.Remark(other, one));
        }
    }

    private static Row RowOf(string name, string what) => new($"scale-{name}-owners", $"{what}: {Sizes}", Target.AtMost(1.3, "x"));

    private static NewPrompt Own(NewPrompt prompt, string owner) => prompt with { Owner = owner, Account = owner };

    private static string AnyOwner() => Owners.Name(Random.Shared.Next(Owners.Count));
}
