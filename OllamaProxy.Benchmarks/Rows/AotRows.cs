using System.Diagnostics;
using OllamaProxy.Benchmarks.Processes;

namespace OllamaProxy.Benchmarks.Rows;

/// <summary>What the server takes as a Native AOT binary.</summary>
internal sealed class AotRows : IMeasurement
{
    private readonly Row _idle = new("aot-idle", "memory of the idle server as Native AOT", Target.Below(40, "MB"));
    private readonly Row _empty = new("aot-start-empty", "from the start to the first answer as Native AOT, in an empty folder",
        Target.Below(0.15, "s"));
    private readonly Row _million = new("aot-start-million", "the same with a million prompts in the file", Target.Below(0.5, "s"));

    public IReadOnlyList<Row> Rows => [_idle, _empty, _million];

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
    }
}
