using System.Diagnostics;
using System.Globalization;
using System.Text;
using OllamaProxy.Benchmarks.Load;
using OllamaProxy.Prompts;
using OllamaProxy.Simulator;
using OllamaProxy.Storage.Sqlite;

namespace OllamaProxy.Benchmarks.Rows;

/// <summary>
/// What a prompt costs the worker where a long queue names many models, or is many owners', against one model and nobody in particular:
/// the names are the clients', who can invent any number.
/// </summary>
internal sealed class NamesRows : IMeasurement
{
    private const int Concurrency = 8;
    private const int Batch = 1000;

    private static readonly Queued Plain = new(Models: 1, Owners: 0);

    private static readonly (Queued Queued, Row Row)[] All =
    [
        (new(Models: 100, Owners: 0),
            new("names-100", "a prompt drained from a long queue that names 100 models, against one", Target.AtMost(1.3, "x"))),
        (new(Models: 10_000, Owners: 0), new("names-10000", "the same with 10,000 models", Target.AtMost(1.3, "x"))),
        (new(Models: 1, Owners: Owners.Count),
            new("owners-1000", "the same with one model and the prompts of 1,000 owners, against those of nobody in particular",
                Target.AtMost(1.3, "x"))),
    ];

    public IReadOnlyList<Row> Rows => [.. All.Select(row => row.Row)];

    public async Task MeasureAsync(Bench bench, Results results, CancellationToken cancellationToken)
    {
        var wanted = All.Where(row => results.Wants(row.Row)).ToList();
        var rates = wanted.Select(row => row.Queued).Prepend(Plain).ToDictionary(queued => queued, _ => new List<double>());
        for (var run = 0; run < bench.Effort.DrainRuns; run++)
            foreach (var (queued, measured) in rates)
                measured.Add(await RateAsync(bench, queued, cancellationToken));
        foreach (var (queued, row) in wanted)
            results.Note(row, rates[Plain].Zip(rates[queued], (one, many) => one / many).Median(), string.Create(
                CultureInfo.InvariantCulture,
                $"{rates[queued].Median():N0}/s against {rates[Plain].Median():N0}/s, {bench.Effort.NamesQueued:N0} queued"));
    }

    /// <summary>Prompts a second.</summary>
    private static async Task<double> RateAsync(Bench bench, Queued queued, CancellationToken cancellationToken)
    {
        var models = Enumerable.Range(0, queued.Models).Select(number => $"model-{number}").ToList();
        var database = Path.Combine(bench.NewFolder(), "queue.db");
        await using (var store = SqlitePromptStore.Open(database, "llama3.2", TimeProvider.System))
        {
            var request = Encoding.UTF8.GetBytes("""{"options":{"simulator_tokens":1}}""");
            NewPrompt Numbered(int number) => queued.Own(new("hi", models[number % models.Count], request), number);
            for (var first = 0; first < bench.Effort.NamesQueued; first += Batch)
                await store.AddBatchAsync(Guid.NewGuid(), [.. Enumerable.Range(first, Batch).Select(Numbered)], 0, cancellationToken);
        }
        await using var ollama = await OllamaSimulator.StartAsync(new() { Models = models, MaxLoadedModels = 2 * Concurrency },
            ct: cancellationToken);
        await using var server = await Bench.WorkAsync(bench.Server, database, ollama, Concurrency, cancellationToken);
        await ollama.Requests.WaitForAsync(bench.Effort.NamesWarmUp, cancellationToken);
        var started = Stopwatch.GetTimestamp();
        await ollama.Requests.WaitForAsync(bench.Effort.NamesWarmUp + bench.Effort.NamesDrained, cancellationToken);
        return bench.Effort.NamesDrained / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    /// <summary>What the queue holds.</summary>
    /// <param name="Models">How many models its prompts name.</param>
    /// <param name="Owners">How many owners they are of; 0: they are nobody's.</param>
    private sealed record Queued(int Models, int Owners)
    {
        public NewPrompt Own(NewPrompt prompt, int number) => Owners == 0 ? prompt
            : prompt with { Owner = Load.Owners.Name(number), Account = Load.Owners.Name(number) };
    }
}
