using System.Net.Http.Json;
using System.Text.Json;
using OllamaProxy.Benchmarks.Processes;
using OllamaProxy.Simulator;

namespace OllamaProxy.Benchmarks.Soak;

/// <summary>Whether a server under steady load stays as it was: its memory, its open files, and a log without errors.</summary>
internal sealed class SoakRows(SoakScale scale) : IMeasurement
{
    private const int LinesShown = 10;
    private static readonly TimeSpan Calm = TimeSpan.FromMinutes(2);

    private readonly Row _memory = new("soak-memory", "memory in the last quarter of the time, against the second quarter",
        Target.AtMost(1.1, "x"));
    private readonly Row _files = new("soak-files", "open file descriptors: the same", Target.AtMost(1.1, "x"));
    private readonly Row _errors = new("soak-errors", "lines of errors in the log", Target.AtMost(0, "lines"));
    private readonly Row _wrong = new("soak-wrong", "answers that were wrong", Target.AtMost(0, "answers"));
    private readonly Row _lost = new("soak-lost", "prompts that were accepted and are not completed or cancelled",
        Target.AtMost(0, "prompts"));

    public IReadOnlyList<Row> Rows => [_memory, _files, _errors, _wrong, _lost];

    public TimeSpan Patience => scale.Length + Calm + TimeSpan.FromMinutes(2);

    public async Task MeasureAsync(Bench bench, Results results, CancellationToken cancellationToken)
    {
        Console.WriteLine($"Under load for {scale.Length.TotalMinutes:0.##} minutes.");
        var ledger = new SoakLedger();
        await using var ollama = await OllamaSimulator.StartAsync(
            new() { KeepRequests = false, TokensPerSecond = 500, Latency = TimeSpan.FromMilliseconds(20) }, ct: cancellationToken);
        await using var server = await Bench.WorkAsync(
            bench.Server, Path.Combine(bench.NewFolder(), "queue.db"), ollama, scale.Concurrency, cancellationToken);
        server.LineWritten += ledger.OnLine;
        using var http = new HttpClient { BaseAddress = new($"http://{server.EndPoint}"), Timeout = TimeSpan.FromMinutes(2) };

        using var last = new CancellationTokenSource(scale.Length);
        var watch = new ProcessWatch(server.Process);
        await Task.WhenAll([
            watch.WatchAsync(scale.Look, last.Token),
            .. Enumerable.Range(1, scale.Clients).Select(number => Task.Run(
                () => new SoakClient(http, scale, ledger, new(number)).RunAsync(last.Token, cancellationToken), cancellationToken)),
        ]);
        var unfinished = await CountUnfinishedAsync(http, cancellationToken);
        Note(results, ledger, watch, unfinished);
    }

    private void Note(Results results, SoakLedger ledger, ProcessWatch watch, long unfinished)
    {
        Show("Errors", ledger.Errors);
        Show("Warnings", ledger.Warnings);
        Show("Wrong", ledger.Complaints);
        var (early, late) = watch.Quarters();
        results.Note(_memory, late.Megabytes / early.Megabytes, $"{late.Megabytes:0.0} MB against {early.Megabytes:0.0} MB");
        if (early.Files > 0)
            results.Note(_files, late.Files / early.Files, $"{late.Files:0} against {early.Files:0}");
        results.Note(_errors, ledger.Errors.Count, $"and {ledger.Warnings.Count} of warnings");
        results.Note(_wrong, ledger.Complaints.Count, $"{ledger.AcceptedPrompts:N0} prompts were accepted");
        results.Note(_lost, unfinished, $"{ledger.CancelledPrompts:N0} were cancelled");
    }

    /// <summary>How many prompts have not ended well, once all have had time to end.</summary>
    private static async Task<long> CountUnfinishedAsync(HttpClient http, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Calm);
        while (true)
        {
            var counts = (await http.GetFromJsonAsync<JsonElement>("/api/v1/stats", cancellationToken)).GetProperty("counts");
            var (waiting, failed) = (Of("queued") + Of("processing"), Of("failed"));
            if (waiting == 0 || patience.IsCancellationRequested)
                return waiting + failed;
            await Task.Delay(500, cancellationToken);

            long Of(string status) => counts.GetProperty(status).GetInt64();
        }
    }

    private static void Show(string what, IReadOnlyCollection<string> lines)
    {
        foreach (var line in lines.Take(LinesShown))
            Console.WriteLine($"{what}: {line}");
    }
}
