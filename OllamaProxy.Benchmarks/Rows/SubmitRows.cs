using OllamaProxy.Benchmarks.Load;
using OllamaProxy.Benchmarks.Processes;

namespace OllamaProxy.Benchmarks.Rows;

/// <summary>
/// How many prompts a second are submitted and on disk, against the empty answers of the same server, and against the
/// original program by way of a plain Kestrel.
/// </summary>
internal sealed class SubmitRows : IMeasurement
{
    /// <summary>What the original did at the most, and a plain Kestrel on the same machine, a second.</summary>
    private const double OriginalSubmits = 610, OriginalYardstick = 75_000;

    private static readonly byte[][] Submit = [Request.Post("/api/v1/prompt", """{"prompt":"What is the capital of France?"}""")];
    private static readonly byte[][] Health = [Request.Get("/healthz")];

    private readonly Row _at64 = new("submit-64", "durable submits at 64 connections, as a share of empty answers",
        Target.AtLeast(40, "%"));
    private readonly Row _at16 = new("submit-16", "durable submits at 16 connections, as a share of empty answers",
        Target.AtLeast(20, "%"));
    private readonly Row _original = new("submit-original", "durable submits at 64 connections, against the original program",
        Target.AtLeast(20, "x"));

    public IReadOnlyList<Row> Rows => [_at64, _at16, _original];

    public async Task MeasureAsync(Bench bench, Results results, CancellationToken cancellationToken)
    {
        await using var server = await bench.ServeAsync(Path.Combine(bench.NewFolder(), "queue.db"), cancellationToken);
        if (results.Wants(_at64) || results.Wants(_original))
            await MeasureAt64Async(server, bench, results, cancellationToken);
        if (results.Wants(_at16))
            await MeasureAt16Async(server, bench, results, cancellationToken);
    }

    private async Task MeasureAt64Async(ServerProcess server, Bench bench, Results results, CancellationToken cancellationToken)
    {
        await using var yardstick = await ServerProcess.StartAsync(YardstickServer.Program, bench.NewFolder(), [], cancellationToken);
        using var load = await LoadGenerator.ConnectAsync(server.EndPoint, 64, cancellationToken);
        using var empty = await LoadGenerator.ConnectAsync(yardstick.EndPoint, 64, cancellationToken);
        var windows = await Side.CompareAsync(bench.Effort, cancellationToken, new(load, Health), new(load, Submit), new(empty, Health));

        var (health, submits, answers) = (Rate(windows, 0), Rate(windows, 1), Rate(windows, 2));
        if (results.Wants(_at64))
            results.Note(_at64, Ratio(windows, 1, 0) * 100, $"{submits:N0}/s against {health:N0}/s");
        if (results.Wants(_original))
            results.Note(_original, Ratio(windows, 1, 2) / (OriginalSubmits / OriginalYardstick),
                $"{submits:N0}/s where plain Kestrel does {answers:N0}/s; "
                + $"the original {OriginalSubmits:N0}/s where that did {OriginalYardstick:N0}/s");
    }

    private async Task MeasureAt16Async(ServerProcess server, Bench bench, Results results, CancellationToken cancellationToken)
    {
        using var load = await LoadGenerator.ConnectAsync(server.EndPoint, 16, cancellationToken);
        var windows = await Side.CompareAsync(bench.Effort, cancellationToken, new(load, Health), new(load, Submit));
        results.Note(_at16, Ratio(windows, 1, 0) * 100, $"{Rate(windows, 1):N0}/s against {Rate(windows, 0):N0}/s");
    }

    private static double Rate(IReadOnlyList<double[]> windows, int side) => windows.Median(rates => rates[side]);

    private static double Ratio(IReadOnlyList<double[]> windows, int side, int against) =>
        windows.Median(rates => rates[side] / rates[against]);
}
