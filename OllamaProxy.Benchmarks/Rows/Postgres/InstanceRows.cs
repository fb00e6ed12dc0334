using System.Diagnostics;
using OllamaProxy.Benchmarks.Load;
using OllamaProxy.Benchmarks.Processes;
using OllamaProxy.Benchmarks.Seeding;
using OllamaProxy.Simulator;

namespace OllamaProxy.Benchmarks.Rows.Postgres;

/// <summary>
/// What two and four servers on one PostgreSQL do together, against one: submits, reads of statuses, calls, and prompts drained.
/// </summary>
internal sealed class InstanceRows : IMeasurement
{
    private const int Connections = 64;
    private const int Batch = 500;
    private const string Options = """{"simulator_tokens":3}""";

    private static readonly byte[][] Submit = [Request.Post("/api/v1/prompt", """{"prompt":"What is the capital of France?"}""")];
    private static readonly byte[][] Call = [Request.Post("/api/generate",
        $$"""{"model":"llama3.2","prompt":"What is the capital of France?","options":{{Options}},"stream":false}""")];

    private static readonly byte[] SubmitBatch = Request.Post("/api/v1/prompts",
        $"[{string.Join(',', Enumerable.Repeat($$"""{"prompt":"hi","options":{{Options}}}""", Batch))}]");

    private readonly IReadOnlyList<Row> _submits = RowsOf("submit", "submits at 64 connections");
    private readonly IReadOnlyList<Row> _statuses = RowsOf("status", "status reads at 64 connections");
    private readonly IReadOnlyList<Row> _calls = RowsOf("call", "calls of `/api/generate` at 64 connections");

    private readonly IReadOnlyList<Row> _drains = RowsOf("drain", $"prompts drained, {Connections} at once");

    public IReadOnlyList<Row> Rows => [.. _submits, .. _statuses, .. _calls, .. _drains];

    /// <summary>Fourteen servers are started, and warmed up.</summary>
    public TimeSpan Patience => TimeSpan.FromMinutes(10);

    public async Task MeasureAsync(Bench bench, Results results, CancellationToken cancellationToken)
    {
        var cluster = await bench.PostgresAsync();
        if (_submits.Concat(_statuses).Any(results.Wants))
            await MeasureServingAsync(cluster, bench, results, cancellationToken);
        if (_calls.Concat(_drains).Any(results.Wants))
            await MeasureWorkingAsync(cluster, bench, results, cancellationToken);
    }

    /// <summary>Notes the ratios to the first side, which is one server.</summary>
    public static void Note(Results results, IReadOnlyList<Row> rows, IReadOnlyList<double[]> windows)
    {
        foreach (var (index, row) in rows.Index().Where(row => results.Wants(row.Item)))
            results.Note(row, windows.Median(rates => rates[index + 1] / rates[0]),
                $"{windows.Median(rates => rates[index + 1]):N0}/s against {windows.Median(rates => rates[0]):N0}/s");
    }

    /// <summary>The rows of two and of four servers.</summary>
    public static IReadOnlyList<Row> RowsOf(string name, string what) =>
    [
        new($"postgres-{name}-2", $"{what}, PostgreSQL: two servers against one", Target.AtLeast(0.8, "x")),
        new($"postgres-{name}-4", $"{what}, PostgreSQL: four servers against one", Target.AtLeast(0.8, "x")),
    ];

    private async Task MeasureServingAsync(PostgresCluster cluster, Bench bench, Results results, CancellationToken cancellationToken)
    {
        await using var groups = new Groups();
        var (submits, statuses) = (new List<Side>(), new List<Side>());
        foreach (var count in bench.Effort.Servers)
        {
            var database = await SeededDatabase.CreateAsync(cluster);
            var third = bench.Effort.StatusPrompts / 3;
            await database.AddAsync(finished: third, queued: third, processing: third);
            var ids = await database.RandomIdsAsync(third);
            var load = await groups.StartAsync(bench, database, count, [("OLLAMA_PROXY_WORKER", "false")], Connections, cancellationToken);
            submits.Add(new(load, Submit));
            statuses.Add(new(load, [.. ids.Select(id => Request.Get($"/api/v1/prompt/{id}/status"))]));
        }
        if (_statuses.Any(results.Wants))
            Note(results, _statuses, await Side.CompareAsync(bench.Effort, cancellationToken, [.. statuses]));
        if (_submits.Any(results.Wants))
            Note(results, _submits, await Side.CompareAsync(bench.Effort, cancellationToken, [.. submits]));
    }

    /// <summary>Each group has a backend of its own, which answers at once, and whose slots its servers share.</summary>
    private async Task MeasureWorkingAsync(PostgresCluster cluster, Bench bench, Results results, CancellationToken cancellationToken)
    {
        await using var groups = new Groups();
        var (calls, drains) = (new List<Side>(), new List<Func<Task<double>>>());
        foreach (var count in bench.Effort.Servers)
        {
            var ollama = await groups.StartOllamaAsync(cancellationToken);
            var load = await groups.StartAsync(bench, await SeededDatabase.CreateAsync(cluster), count,
                [("OLLAMA_URL", $"{ollama.BaseAddress}"), ("OLLAMA_CONCURRENCY", $"{Connections}")], Connections, cancellationToken);
            calls.Add(new(load, Call));
            drains.Add(() => DrainAsync(load, ollama, bench.Effort.DrainPrompts, cancellationToken));
        }
        if (_calls.Any(results.Wants))
            Note(results, _calls,
                await Side.CompareAsync(bench.Effort with { WarmUp = bench.Effort.CallLoadWarmUp }, cancellationToken, [.. calls]));
        if (!_drains.Any(results.Wants))
            return;
        var runs = new List<double[]>();
        for (var run = -1; run < bench.Effort.DrainRuns; run++)
        {
            var rates = new double[drains.Count];
            foreach (var (index, drain) in drains.Index())
                rates[index] = await drain();
            if (run >= 0) // The one before warms up.
                runs.Add(rates);
        }
        Note(results, _drains, runs);
    }

    /// <summary>Queues prompts, and returns how many a second of them come to the backend, but for the first and the last.</summary>
    private static async Task<double> DrainAsync(
        LoadGenerator load, OllamaSimulator ollama, int prompts, CancellationToken cancellationToken)
    {
        var before = ollama.Requests.Count;
        prompts = Math.Max(prompts, Batch);
        var submitting = load.RunAsync(prompts / Batch, [SubmitBatch], cancellationToken);
        await ollama.Requests.WaitForAsync(before + (prompts / 4), cancellationToken);
        var started = Stopwatch.GetTimestamp();
        await ollama.Requests.WaitForAsync(before + (prompts * 9 / 10), cancellationToken);
        var rate = ((prompts * 9 / 10) - (prompts / 4)) / Stopwatch.GetElapsedTime(started).TotalSeconds;
        await submitting;
        await ollama.Requests.WaitForAsync(before + prompts, cancellationToken);
        return rate;
    }
}
