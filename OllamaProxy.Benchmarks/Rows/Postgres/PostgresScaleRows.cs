using OllamaProxy.Benchmarks.Seeding;

namespace OllamaProxy.Benchmarks.Rows.Postgres;

/// <summary>What operations cost in a database with a million prompts against one with a thousand; see <see cref="ScaleRows"/>.</summary>
internal sealed class PostgresScaleRows : IMeasurement
{
    private static readonly IReadOnlyList<ScaleComparison> Scales =
        ScaleComparison.All("postgres-scale-", "a million prompts in PostgreSQL against a thousand");

    public IReadOnlyList<Row> Rows => [.. Scales.Select(scale => scale.Row)];

    public async Task MeasureAsync(Bench bench, Results results, CancellationToken cancellationToken)
    {
        var cluster = await bench.PostgresAsync();
        var (small, large) = (await SeededDatabase.CreateAsync(cluster), await SeededDatabase.CreateAsync(cluster));
        await small.AddAsync(finished: 900, queued: 100);
        await large.AddAsync(bench.Effort.FinishedPrompts, bench.Effort.QueuedPrompts);
        await ScaleComparison.NoteAsync(
            [.. Scales.Where(scale => results.Wants(scale.Row))], small, large, bench, results, cancellationToken);
    }
}
