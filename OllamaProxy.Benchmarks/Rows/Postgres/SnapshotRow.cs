using System.Diagnostics;
using Npgsql;
using OllamaProxy.Benchmarks.Processes;
using OllamaProxy.Benchmarks.Seeding;
using OllamaProxy.Simulator;

namespace OllamaProxy.Benchmarks.Rows.Postgres;

/// <summary>
/// What is left of the rate at which prompts are drained when somebody has held a snapshot of the database for a minute, as a report or a
/// backup does: until they let go of it, no row that was changed or removed since can be cleaned up.
/// </summary>
internal sealed class SnapshotRow : IMeasurement
{
    private const int Concurrency = 16;

    private readonly Row _snapshot = new("postgres-snapshot",
        "prompts drained while a snapshot of the database is held for a minute, against without", Target.AtLeast(0.8, "x"));

    public IReadOnlyList<Row> Rows => [_snapshot];

    /// <summary>Measures both at the same time, so that whatever slows the machine slows both.</summary>
    public async Task MeasureAsync(Bench bench, Results results, CancellationToken cancellationToken)
    {
        var cluster = await bench.PostgresAsync();
        await using var free = await DrainAsync(cluster, bench, cancellationToken);
        await using var held = await DrainAsync(cluster, bench, cancellationToken);
        await free.Ollama.Requests.WaitForAsync(bench.Effort.DrainWarmUp, cancellationToken);
        await held.Ollama.Requests.WaitForAsync(bench.Effort.DrainWarmUp, cancellationToken);

        await using var holding = await held.Database.ConnectAsync();
        await using var look = new NpgsqlCommand("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM counts", holding);
        await look.ExecuteNonQueryAsync(cancellationToken);
        await Task.Delay(bench.Effort.SnapshotHeld * 0.75, cancellationToken);
        var before = (Free: free.Ollama.Requests.Count, Held: held.Ollama.Requests.Count, At: Stopwatch.GetTimestamp());
        await Task.Delay(bench.Effort.SnapshotHeld * 0.25, cancellationToken);
        var seconds = Stopwatch.GetElapsedTime(before.At).TotalSeconds;
        var (without, with) = ((free.Ollama.Requests.Count - before.Free) / seconds, (held.Ollama.Requests.Count - before.Held) / seconds);

        if (Math.Max(free.Ollama.Requests.Count, held.Ollama.Requests.Count) >= bench.Effort.SnapshotQueued)
            throw new BenchmarkException("The queue was empty before the measurement was over.");
        results.Note(_snapshot, with / without,
            $"{with:N0}/s against {without:N0}/s beside it, after {held.Ollama.Requests.Count:N0} prompts");
    }

    private static async Task<Drain> DrainAsync(PostgresCluster cluster, Bench bench, CancellationToken cancellationToken)
    {
        var database = await SeededDatabase.CreateAsync(cluster);
        await database.AddAsync(finished: 0, queued: bench.Effort.SnapshotQueued);
        var ollama = await OllamaSimulator.StartAsync(new() { KeepRequests = false }, ct: cancellationToken);
        return new(database, ollama, await Instances.StartAsync(bench, database, 1,
            [("OLLAMA_URL", $"{ollama.BaseAddress}"), ("OLLAMA_CONCURRENCY", $"{Concurrency}")], cancellationToken));
    }

    private sealed record Drain(SeededDatabase Database, OllamaSimulator Ollama, Instances Instances) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await Instances.DisposeAsync();
            await Ollama.DisposeAsync();
        }
    }
}
