using System.Globalization;
using OllamaProxy.Benchmarks.Load;
using OllamaProxy.Benchmarks.Processes;

namespace OllamaProxy.Benchmarks.Rows;

/// <summary>
/// What it costs that each request comes with the key of another of a thousand owners, against a server without keys: the key is looked up,
/// and what is queued is shared out among the owners.
/// </summary>
internal sealed class OwnerRows : IMeasurement
{
    private const int Connections = 64;
    private const string Prompt = """{"prompt":"What is the capital of France?"}""";
    private const string Streamed =
        """{"model":"llama3.2","prompt":"What is the capital of France?","options":{"simulator_tokens":3}}""";
    private const string Whole =
        """{"model":"llama3.2","prompt":"What is the capital of France?","options":{"simulator_tokens":3},"stream":false}""";

    private readonly Row _submit = new("submit-64-owners",
        "durable submits at 64 connections: the time with the keys of 1,000 owners, against without keys", Target.AtMost(1.25, "x"));
    private readonly Row _firstByte = new("call-first-byte-owners",
        "a streamed call of `/api/generate`, queue empty: the median time to first byte, the same", Target.AtMost(1.25, "x"));
    private readonly Row _call = new("call-64-owners",
        "calls of `/api/generate` at 64 connections: the time, the same", Target.AtMost(1.25, "x"));

    public IReadOnlyList<Row> Rows => [_submit, _firstByte, _call];

    public async Task MeasureAsync(Bench bench, Results results, CancellationToken cancellationToken)
    {
        if (results.Wants(_submit))
            await MeasureSubmitAsync(bench, results, cancellationToken);
        if (results.Wants(_firstByte))
            await MeasureFirstByteAsync(bench, results, cancellationToken);
        if (results.Wants(_call))
            await MeasureCallAsync(bench, results, cancellationToken);
    }

    private async Task MeasureSubmitAsync(Bench bench, Results results, CancellationToken cancellationToken)
    {
        const string Path = "/api/v1/prompt";
        await using var open = await StartAsync(bench, hasKeys: false, [("OLLAMA_PROXY_WORKER", "false")], cancellationToken);
        await using var keyed = await StartAsync(bench, hasKeys: true, [("OLLAMA_PROXY_WORKER", "false")], cancellationToken);
        await NoteRatesAsync(_submit, bench.Effort, results, (open, [Request.Post(Path, Prompt)]), (keyed, Owners.Post(Path, Prompt)),
            cancellationToken);
    }

    private async Task MeasureCallAsync(Bench bench, Results results, CancellationToken cancellationToken)
    {
        await using var ollama = await ServerProcess.StartAsync(SimulatorServer.Program, bench.NewFolder(), [], cancellationToken);
        await using var open = await StartAsync(bench, hasKeys: false, Work(ollama, Connections), cancellationToken);
        await using var keyed = await StartAsync(bench, hasKeys: true, Work(ollama, Connections), cancellationToken);
        await NoteRatesAsync(_call, bench.Effort, results,
            (open, [Request.Post("/api/generate", Whole)]), (keyed, Owners.Post("/api/generate", Whole)), cancellationToken);
    }

    private async Task MeasureFirstByteAsync(Bench bench, Results results, CancellationToken cancellationToken)
    {
        await using var ollama = await ServerProcess.StartAsync(SimulatorServer.Program, bench.NewFolder(), [], cancellationToken);
        await using var open = await StartAsync(bench, hasKeys: false, Work(ollama, 1), cancellationToken);
        await using var keyed = await StartAsync(bench, hasKeys: true, Work(ollama, 1), cancellationToken);
        using var without = await Connection.OpenAsync(open.EndPoint, cancellationToken);
        using var with = await Connection.OpenAsync(keyed.EndPoint, cancellationToken);

        var request = Request.Post("/api/generate", Streamed);
        var requests = Owners.Post("/api/generate", Streamed);
        var samples = (Without: new List<double>(), With: new List<double>());
        for (var i = -bench.Effort.CallWarmUp; i < bench.Effort.LatencySamples; i++)
        {
            var one = await CallRows.FirstByteAsync(without, request, cancellationToken);
            var other = await CallRows.FirstByteAsync(with, requests[(i + bench.Effort.CallWarmUp) % requests.Count], cancellationToken);
            if (i < 0)
                continue;
            samples.Without.Add(one);
            samples.With.Add(other);
        }
        results.Note(_firstByte, samples.With.Median() / samples.Without.Median(), string.Create(CultureInfo.InvariantCulture,
            $"{samples.With.Median():0.00} ms against {samples.Without.Median():0.00} ms; "
            + $"99th percentile {samples.With.Percentile(0.99):0.0} ms against {samples.Without.Percentile(0.99):0.0} ms"));
    }

    /// <summary>Compares the throughput of two servers as the time of one request.</summary>
    private static async Task NoteRatesAsync(Row row, Effort effort, Results results,
        (ServerProcess Server, IReadOnlyList<byte[]> Requests) without, (ServerProcess Server, IReadOnlyList<byte[]> Requests) with,
        CancellationToken cancellationToken)
    {
        using var one = await LoadGenerator.ConnectAsync(without.Server.EndPoint, Connections, cancellationToken);
        using var other = await LoadGenerator.ConnectAsync(with.Server.EndPoint, Connections, cancellationToken);
        var windows = await Side.CompareAsync(
            effort with { WarmUp = effort.CallLoadWarmUp }, cancellationToken, new(one, without.Requests), new(other, with.Requests));
        results.Note(row, windows.Median(rates => rates[0] / rates[1]),
            $"{windows.Median(rates => rates[1]):N0}/s against {windows.Median(rates => rates[0]):N0}/s");
    }

    private static async Task<ServerProcess> StartAsync(Bench bench, bool hasKeys, IEnumerable<(string Name, string Value)> settings,
        CancellationToken cancellationToken)
    {
        var folder = bench.NewFolder();
        return await ServerProcess.StartAsync(bench.Server, folder,
            [.. Bench.Settings(Path.Combine(folder, "queue.db")), .. settings,
                .. hasKeys ? [await Owners.WriteKeysAsync(folder, cancellationToken)] : Array.Empty<(string, string)>()],
            cancellationToken);
    }

    private static IEnumerable<(string Name, string Value)> Work(ServerProcess ollama, int concurrency) =>
        [("OLLAMA_URL", $"http://{ollama.EndPoint}"), ("OLLAMA_CONCURRENCY", $"{concurrency}")];
}
