using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using OllamaProxy.Benchmarks.Load;
using OllamaProxy.Prompts;
using OllamaProxy.Simulator;
using OllamaProxy.Storage.Sqlite;

namespace OllamaProxy.Benchmarks.Rows;

/// <summary>How fast the worker drains a queue of short prompts into Ollama, against clients that ask Ollama themselves.</summary>
internal sealed class DrainRow : IMeasurement
{
    private const int Concurrency = 8;
    // Few tokens: it is the way through the queue that is measured, not how fast lines are read.
    private const string Prompt = "What is the capital of France?";
    private const string Options = """{"simulator_tokens":3}""";

    private static readonly byte[][] Direct =
        [Request.Post("/api/generate", $$"""{"model":"llama3.2","prompt":"{{Prompt}}","options":{{Options}},"stream":true}""")];

    private readonly Row _drain = new("drain", "prompts of 5 ms drained by a worker that runs 8 at once, as a share of 8 clients of Ollama",
        Target.AtLeast(95, "%"));

    public IReadOnlyList<Row> Rows => [_drain];

    public async Task MeasureAsync(Bench bench, Results results, CancellationToken cancellationToken)
    {
        var (direct, drained) = (new List<DrainFigures>(), new List<DrainFigures>());
        using var time = new PreciseTime();
        var options = new SimulatorOptions { Latency = TimeSpan.FromMilliseconds(5), Time = time };
        for (var i = 0; i < bench.Effort.DrainRuns; i++)
        {
            direct.Add(await DirectAsync(options, bench.Effort, cancellationToken));
            drained.Add(await DrainedAsync(options, bench, cancellationToken));
        }
        results.Note(_drain, drained.Zip(direct, (worker, clients) => worker.Rate / clients.Rate).Median() * 100,
            string.Create(CultureInfo.InvariantCulture,
            $"{drained.Median(run => run.Rate):N0}/s against {direct.Median(run => run.Rate):N0}/s; a prompt took "
            + $"{drained.Median(run => run.Milliseconds):0.0} and {direct.Median(run => run.Milliseconds):0.0} ms of Ollama's time"));
    }

    private static async Task<DrainFigures> DirectAsync(SimulatorOptions options, Effort effort, CancellationToken cancellationToken)
    {
        await using var ollama = await OllamaSimulator.StartAsync(options, ct: cancellationToken);
        using var load = await LoadGenerator.ConnectAsync(new(IPAddress.Loopback, ollama.BaseAddress.Port), Concurrency, cancellationToken);
        await load.RunAsync(effort.DrainWarmUp + effort.DrainPrompts, Direct, cancellationToken);
        return await FiguresAsync(ollama, effort, cancellationToken);
    }

    private static async Task<DrainFigures> DrainedAsync(SimulatorOptions options, Bench bench, CancellationToken cancellationToken)
    {
        var database = Path.Combine(bench.NewFolder(), "queue.db");
        await QueueAsync(database, bench.Effort.DrainWarmUp + bench.Effort.DrainPrompts, cancellationToken);
        await using var ollama = await OllamaSimulator.StartAsync(options, ct: cancellationToken);
        await using var server = await Bench.WorkAsync(bench.Server, database, ollama, Concurrency, cancellationToken);
        return await FiguresAsync(ollama, bench.Effort, cancellationToken);
    }

    private static async Task QueueAsync(string database, int count, CancellationToken cancellationToken)
    {
        await using var store = SqlitePromptStore.Open(database, "llama3.2", TimeProvider.System);
        var prompt = new NewPrompt(Prompt, "llama3.2", Encoding.UTF8.GetBytes($$"""{"options":{{Options}}}"""));
        await store.AddBatchAsync(Guid.NewGuid(), [.. Enumerable.Repeat(prompt, count)], 0, cancellationToken);
    }

    /// <summary>What Ollama sees from the end of the warm-up to the end of the last prompt.</summary>
    private static async Task<DrainFigures> FiguresAsync(OllamaSimulator ollama, Effort effort, CancellationToken cancellationToken)
    {
        await ollama.Requests.WaitForAsync(effort.DrainWarmUp + effort.DrainPrompts, cancellationToken);
        var requests = ollama.Requests.All;
        await Task.WhenAll(requests.Select(request => request.Ended)).WaitAsync(cancellationToken);
        var ends = requests.Select(request => request.EndedAt).Order().ToArray();
        return new(
            effort.DrainPrompts / Stopwatch.GetElapsedTime(ends[effort.DrainWarmUp - 1], ends[^1]).TotalSeconds,
            requests.Skip(effort.DrainWarmUp)
                .Select(request => Stopwatch.GetElapsedTime(request.ReceivedAt, request.EndedAt).TotalMilliseconds).Median());
    }
}
