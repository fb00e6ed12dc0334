using OllamaProxy.Benchmarks.Load;
using OllamaProxy.Benchmarks.Seeding;

namespace OllamaProxy.Benchmarks.Rows;

/// <summary>
/// How many statuses a second are read, of prompts that are queued, processing and finished, against the empty answers of the same server.
/// </summary>
internal sealed class StatusRow : IMeasurement
{
    private readonly Row _status = new("status", "status reads at 64 connections, as a share of empty answers", Target.AtLeast(60, "%"));

    public IReadOnlyList<Row> Rows => [_status];

    public async Task MeasureAsync(Bench bench, Results results, CancellationToken cancellationToken)
    {
        var file = new SeededFile(Path.Combine(bench.NewFolder(), "queue.db"));
        var third = bench.Effort.StatusPrompts / 3;
        await file.AddAsync(finished: third, queued: third, processing: third);
        var ids = await file.RandomIdsAsync(third);

        await using var server = await bench.ServeAsync(file.Path, cancellationToken);
        using var load = await LoadGenerator.ConnectAsync(server.EndPoint, 64, cancellationToken);
        var status = ids.Select(id => Request.Get($"/api/v1/prompt/{id}/status")).ToList();
        var windows = await Side.CompareAsync(bench.Effort, cancellationToken, new(load, [Request.Get("/healthz")]), new(load, status));
        results.Note(_status, windows.Median(rates => rates[1] / rates[0]) * 100,
            $"{windows.Median(rates => rates[1]):N0}/s against {windows.Median(rates => rates[0]):N0}/s");
    }
}
