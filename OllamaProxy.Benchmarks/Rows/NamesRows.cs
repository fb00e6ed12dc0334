using System.Diagnostics;
using System.Globalization;
using System.Text;
using OllamaProxy.Prompts;
using OllamaProxy.Simulator;
using OllamaProxy.Storage.Sqlite;

namespace OllamaProxy.Benchmarks.Rows;

/// <summary>
/// What a prompt costs the worker where a long queue names many models, against one model: their names are the clients', who can invent any
/// number.
/// </summary>
internal sealed class NamesRows : IMeasurement
{
    private const int Concurrency = 8;
    private const int Batch = 1000;

    private static readonly (int Names, Row Row)[] All =
    [
        (100, new("names-100", "a prompt drained from a long queue that names 100 models, against one", Target.AtMost(1.3, "x"))),
        (10_000, new("names-10000", "the same with 10,000 models", Target.AtMost(1.3, "x"))),
    ];

    public IReadOnlyList<Row> Rows => [.. All.Select(row => row.Row)];

    public async Task MeasureAsync(Bench bench, Results results, CancellationToken cancellationToken)
    {
        var wanted = All.Where(row => results.Wants(row.Row)).ToList();
        var rates = wanted.Select(row => row.Names).Prepend(1).ToDictionary(names => names, _ => new List<double>());
        for (var run = 0; run < bench.Effort.DrainRuns; run++)
            foreach (var (names, measured) in rates)
                measured.Add(await RateAsync(bench, names, cancellationToken));
        foreach (var (names, row) in wanted)
            results.Note(row, rates[1].Zip(rates[names], (one, many) => one / many).Median(), string.Create(CultureInfo.InvariantCulture,
                $"{rates[names].Median():N0}/s against {rates[1].Median():N0}/s, {bench.Effort.NamesQueued:N0} queued"));
    }

    /// <summary>Prompts a second.</summary>
    private static async Task<double> RateAsync(Bench bench, int names, CancellationToken cancellationToken)
    {
        var models = Enumerable.Range(0, names).Select(number => $"model-{number}").ToList();
        var database = Path.Combine(bench.NewFolder(), "queue.db");
        await using (var store = SqlitePromptStore.Open(database, "llama3.2", TimeProvider.System))
        {
            var request = Encoding.UTF8.GetBytes("""{"options":{"simulator_tokens":1}}""");
            for (var queued = 0; queued < bench.Effort.NamesQueued; queued += Batch)
                await store.AddBatchAsync(Guid.NewGuid(),
                    [.. Enumerable.Range(queued, Batch).Select(number => new NewPrompt("hi", models[number % names], request))], 0,
                    cancellationToken);
        }
        await using var ollama = await OllamaSimulator.StartAsync(new() { Models = models, MaxLoadedModels = 2 * Concurrency },
            ct: cancellationToken);
        await using var server = await Bench.WorkAsync(bench.Server, database, ollama, Concurrency, cancellationToken);
        await ollama.Requests.WaitForAsync(bench.Effort.NamesWarmUp, cancellationToken);
        var started = Stopwatch.GetTimestamp();
        await ollama.Requests.WaitForAsync(bench.Effort.NamesWarmUp + bench.Effort.NamesDrained, cancellationToken);
        return bench.Effort.NamesDrained / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }
}
