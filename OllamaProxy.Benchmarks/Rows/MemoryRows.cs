using OllamaProxy.Benchmarks.Load;
using OllamaProxy.Benchmarks.Processes;
using OllamaProxy.Simulator;

namespace OllamaProxy.Benchmarks.Rows;

/// <summary>
/// The most memory of the server that is resident while it idles, is submitted to, and has large prompts in flight through it.
/// </summary>
internal sealed class MemoryRows : IMeasurement
{
    private const int PromptBytes = 100 * 1024;
    private const int Concurrency = 8;

    private readonly Row _idle = new("memory-idle", "memory of the idle server", Target.Below(80, "MB"));
    private readonly Row _submitting = new("memory-submitting", "memory while 64 connections submit", Target.Below(160, "MB"));
    private readonly Row _inFlight = new("memory-in-flight", "memory with 1,000 prompts of 100 KB in flight", Target.Below(250, "MB"));

    public IReadOnlyList<Row> Rows => [_idle, _submitting, _inFlight];

    public async Task MeasureAsync(Bench bench, Results results, CancellationToken cancellationToken)
    {
        if (results.Wants(_idle))
            results.Note(_idle, await IdleAsync(bench, bench.Server, cancellationToken), "after a few requests, worker listening");
        if (results.Wants(_submitting))
            results.Note(_submitting, await SubmittingAsync(bench, cancellationToken), $"for {bench.Effort.Watch.TotalSeconds:0.#} s");
        if (results.Wants(_inFlight))
            results.Note(_inFlight, await InFlightAsync(bench, cancellationToken),
                $"{bench.Effort.InFlightPrompts:N0} prompts, {Concurrency} at once to Ollama");
    }

    /// <summary>The most megabytes of a server that has answered a few requests, run a prompt, and then idles.</summary>
    public static async Task<double> IdleAsync(Bench bench, ServerProgram program, CancellationToken cancellationToken)
    {
        await using var ollama = await OllamaSimulator.StartAsync(ct: cancellationToken);
        await using var server = await Bench.WorkAsync(program, NewDatabase(bench), ollama, 1, cancellationToken);
        await using var memory = new PeakMemory(server.Process);
        using var client = await Connection.OpenAsync(server.EndPoint, cancellationToken);
        foreach (var path in new[] { "/healthz", "/", "/list", "/api/v1/prompts" })
            await client.AskAsync(Request.Get(path), cancellationToken);
        await client.AskAsync(Request.Post("/api/v1/prompt", """{"prompt":"What is the capital of France?"}"""), cancellationToken);
        await Task.Delay(bench.Effort.Watch / 2, cancellationToken);
        return memory.Megabytes;
    }

    private static async Task<double> SubmittingAsync(Bench bench, CancellationToken cancellationToken)
    {
        await using var server = await bench.ServeAsync(NewDatabase(bench), cancellationToken);
        await using var memory = new PeakMemory(server.Process);
        using var load = await LoadGenerator.ConnectAsync(server.EndPoint, 64, cancellationToken);
        await load.RunAsync(bench.Effort.Watch, [Request.Post("/api/v1/prompt", """{"prompt":"What is the capital of France?"}""")],
            cancellationToken);
        return memory.Megabytes;
    }

    private static async Task<double> InFlightAsync(Bench bench, CancellationToken cancellationToken)
    {
        await using var ollama = await OllamaSimulator.StartAsync(new() { KeepRequests = false, Latency = TimeSpan.FromMilliseconds(5) },
            ct: cancellationToken);
        await using var server = await Bench.WorkAsync(bench.Server, NewDatabase(bench), ollama, Concurrency, cancellationToken);
        await using var memory = new PeakMemory(server.Process);
        using var load = await LoadGenerator.ConnectAsync(server.EndPoint, 64, cancellationToken);
        var body = $$"""{"prompt":"{{new string('x', PromptBytes)}}", "options":{"simulator_tokens":3} }""";
        await load.RunAsync(bench.Effort.InFlightPrompts, [Request.Post("/api/v1/prompt", body)], cancellationToken);
        await ollama.Requests.WaitForAsync(bench.Effort.InFlightPrompts, cancellationToken);
        return memory.Megabytes;
    }

    private static string NewDatabase(Bench bench) => Path.Combine(bench.NewFolder(), "queue.db");
}
