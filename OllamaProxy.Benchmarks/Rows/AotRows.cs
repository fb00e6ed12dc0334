using System.Diagnostics;
using System.Globalization;
using OllamaProxy.Benchmarks.Load;
using OllamaProxy.Benchmarks.Processes;

namespace OllamaProxy.Benchmarks.Rows;

/// <summary>What the server takes as a Native AOT binary.</summary>
internal sealed class AotRows : IMeasurement
{
    private readonly Row _idle = new("aot-idle", "memory of the idle server as Native AOT", Target.Below(40, "MB"));
    private readonly Row _empty = new("aot-start-empty", "from the start to the first answer as Native AOT, in an empty folder",
        Target.Below(0.15, "s"));
    private readonly Row _million = new("aot-start-million", "the same with a million prompts in the file", Target.Below(0.5, "s"));

    private readonly Row _calls = new("aot-call-64", "calls of `/api/generate` at 64 connections: Native AOT against the runtime",
        Target.AtLeast(0.8, "x"));

    public IReadOnlyList<Row> Rows => [_idle, _empty, _million, _calls];

    public async Task MeasureAsync(Bench bench, Results results, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var program = bench.Smoke ? AotBinary.Program : await AotBinary.PublishAsync(cancellationToken);
        results.DoNotCount(Stopwatch.GetElapsedTime(started));
        if (results.Wants(_idle))
            results.Note(_idle, await MemoryRows.IdleAsync(bench, program, cancellationToken), "after a few requests, worker listening");
        if (results.Wants(_empty))
            await StartRows.NoteEmptyAsync(bench, program, results, _empty, cancellationToken);
        if (results.Wants(_million))
            await StartRows.NoteMillionAsync(bench, program, results, _million, cancellationToken);
        if (results.Wants(_calls))
            await CompareCallsAsync(bench, program, results, cancellationToken);
    }

    private async Task CompareCallsAsync(Bench bench, ServerProgram program, Results results, CancellationToken cancellationToken)
    {
        await using var ollama = await ServerProcess.StartAsync(SimulatorServer.Program, bench.NewFolder(), [], cancellationToken);
        await using var managed = await StartAsync(bench.Server);
        await using var native = await StartAsync(program);
        using var one = await LoadGenerator.ConnectAsync(managed.EndPoint, CallRows.Connections, cancellationToken);
        using var other = await LoadGenerator.ConnectAsync(native.EndPoint, CallRows.Connections, cancellationToken);
        var windows = await Side.CompareAsync(bench.Effort with { WarmUp = bench.Effort.CallLoadWarmUp }, cancellationToken,
            new(one, CallRows.Whole), new(other, CallRows.Whole));
        results.Note(_calls, windows.Median(rates => rates[1] / rates[0]), string.Create(CultureInfo.InvariantCulture,
            $"{windows.Median(rates => rates[1]):N0}/s against {windows.Median(rates => rates[0]):N0}/s"));

        Task<ServerProcess> StartAsync(ServerProgram server) => Bench.WorkAsync(server, Path.Combine(bench.NewFolder(), "queue.db"),
            $"http://{ollama.EndPoint}", CallRows.Connections, cancellationToken);
    }
}
