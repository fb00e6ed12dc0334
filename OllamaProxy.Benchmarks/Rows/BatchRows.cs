using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using OllamaProxy.Benchmarks.Load;
using OllamaProxy.Benchmarks.Processes;
using OllamaProxy.Simulator;

namespace OllamaProxy.Benchmarks.Rows;

/// <summary>What a large batch of OpenAI's API costs: memory, the time to check it, its rate, and what others wait meanwhile.</summary>
internal sealed class BatchRows : IMeasurement
{
    private const int Concurrency = 8;
    private const int LineBytes = 4096;

    private static readonly TimeSpan Latency = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);

    private readonly Row _memory = new("batch-memory",
        "a batch of 50,000 lines of 4 KiB, from the upload to the last answer: memory above that of the idle server",
        Target.Below(100, "MB"));
    private readonly Row _validate = new("batch-validate",
        "the same: from its creation until all lines are checked", Target.Below(10, "s"));
    private readonly Row _rate = new("batch-rate",
        "the same: lines a second, against the same calls submitted one by one", Target.AtLeast(1, "x"));
    private readonly Row _call = new("batch-call",
        "a call of 50 ms while a batch runs, with a reserved slot: the median time to first byte, against without",
        Target.AtMost(1.2, "x"));

    public IReadOnlyList<Row> Rows => [_memory, _validate, _rate, _call];

    public async Task MeasureAsync(Bench bench, Results results, CancellationToken cancellationToken)
    {
        if (Rows.Take(3).Any(results.Wants))
            await MeasureBatchAsync(bench, results, cancellationToken);
        if (results.Wants(_call))
            await MeasureCallAsync(bench, results, cancellationToken);
    }

    private async Task MeasureBatchAsync(Bench bench, Results results, CancellationToken cancellationToken)
    {
        var lines = bench.Effort.BatchLines;
        await using var ollama = await ServerProcess.StartAsync(SimulatorServer.Program, bench.NewFolder(), [], cancellationToken);
        await using var server = await StartAsync(bench, $"http://{ollama.EndPoint}", cancellationToken);
        using var client = Client(server);
        await SubmitAsync(server, lines / 10, cancellationToken);
        await WhenDrainedAsync(client, cancellationToken);
        await Task.Delay(bench.Effort.Watch / 2, cancellationToken);
        await using var memory = new PeakMemory(server.Process);
        await Task.Delay(bench.Effort.Watch / 4, cancellationToken);
        var idle = memory.Megabytes;

        var started = Stopwatch.GetTimestamp();
        var batch = await CreateAsync(client, lines, cancellationToken);
        var created = Stopwatch.GetTimestamp();
        await WhenAsync(client, batch, each => Status(each) != "validating", cancellationToken);
        results.Note(_validate, Stopwatch.GetElapsedTime(created).TotalSeconds, $"{lines:N0} lines");
        await WhenAsync(client, batch, each => Status(each) == "completed" && Completed(each) == lines, cancellationToken);
        var batched = lines / Stopwatch.GetElapsedTime(started).TotalSeconds;
        results.Note(_memory, memory.Megabytes - idle,
            string.Create(CultureInfo.InvariantCulture, $"{memory.Megabytes:0} MB at most, {idle:0} MB idle"));

        started = Stopwatch.GetTimestamp();
        await SubmitAsync(server, lines, cancellationToken);
        await WhenDrainedAsync(client, cancellationToken);
        var single = lines / Stopwatch.GetElapsedTime(started).TotalSeconds;
        results.Note(_rate, batched / single, string.Create(CultureInfo.InvariantCulture, $"{batched:N0}/s against {single:N0}/s"));
    }

    private async Task MeasureCallAsync(Bench bench, Results results, CancellationToken cancellationToken)
    {
        await using var ollama = await OllamaSimulator.StartAsync(new() { KeepRequests = false, Latency = Latency }, ct: cancellationToken);
        await using var server = await StartAsync(
            bench, $"{ollama.BaseAddress};concurrency={Concurrency};reserved=1", cancellationToken);
        using var client = Client(server);
        using var connection = await Connection.OpenAsync(server.EndPoint, cancellationToken);
        var without = await CallAsync(connection, bench.Effort, cancellationToken);
        var batch = await CreateAsync(client, bench.Effort.BatchLines, cancellationToken);
        await WhenAsync(client, batch, each => Completed(each) > 0, cancellationToken);
        var with = await CallAsync(connection, bench.Effort, cancellationToken);
        var open = Status(await ReadAsync(client, batch, cancellationToken));
        if (open != "in_progress")
            throw new BenchmarkException($"The batch was {open} before the calls had been made.");
        results.Note(_call, with / without, string.Create(CultureInfo.InvariantCulture, $"{with:0.0} ms against {without:0.0} ms"));
    }

    private static async Task<double> CallAsync(Connection connection, Effort effort, CancellationToken cancellationToken)
    {
        var request = Request.Post("/v1/chat/completions", Body("hi"));
        var samples = new List<double>();
        for (var sample = -effort.LatencySamples / 5; sample < effort.LatencySamples / 2; sample++)
        {
            var milliseconds = await CallRows.FirstByteAsync(connection, request, cancellationToken);
            if (sample >= 0)
                samples.Add(milliseconds);
        }
        return samples.Median();
    }

    private static Task<ServerProcess> StartAsync(Bench bench, string ollama, CancellationToken cancellationToken) => Bench.WorkAsync(
        bench.Server, Path.Combine(bench.NewFolder(), "queue.db"), ollama, Concurrency, cancellationToken);

    private static HttpClient Client(ServerProcess server) =>
        new() { BaseAddress = new($"http://{server.EndPoint}"), Timeout = Timeout.InfiniteTimeSpan };

    /// <summary>Submits calls whose client does not wait for the answer, on one connection.</summary>
    private static async Task SubmitAsync(ServerProcess server, int count, CancellationToken cancellationToken)
    {
        using var load = await LoadGenerator.ConnectAsync(server.EndPoint, 1, cancellationToken);
        await load.RunAsync(
            count, [Request.Post("/v1/chat/completions", Body(Filler), header: "Prefer: respond-async")], cancellationToken);
    }

    private static async Task<string> CreateAsync(HttpClient client, int lines, CancellationToken cancellationToken)
    {
        using var form = new MultipartFormDataContent { { new StringContent("batch"), "purpose" } };
        var input = new StreamContent(new LineStream(lines, Line));
        input.Headers.ContentType = new MediaTypeHeaderValue("application/jsonl");
        form.Add(input, "file", "input.jsonl");
        var file = await SendAsync(client, new(HttpMethod.Post, "/v1/files") { Content = form }, cancellationToken);
        var batch = JsonSerializer.Serialize(new Dictionary<string, string>
        {
            ["input_file_id"] = file.GetProperty("id").GetString()!,
            ["endpoint"] = "/v1/chat/completions",
            ["completion_window"] = "24h",
        });
        var created = await SendAsync(
            client, new(HttpMethod.Post, "/v1/batches") { Content = new StringContent(batch) }, cancellationToken);
        return created.GetProperty("id").GetString()!;
    }

    private static byte[] Line(int number) => Encoding.UTF8.GetBytes(
        $$"""{"custom_id":"line-{{number}}","method":"POST","url":"/v1/chat/completions","body":{{Body(Filler)}}}""" + "\n");

    /// <summary>Makes a line as long as it is to be.</summary>
    private static string Filler { get; } = new('x', LineBytes - 200);

    private static string Body(string text) =>
        $$"""{"model":"llama3.2","max_tokens":3,"messages":[{"role":"user","content":"{{text}}"}]}""";

    private static Task<JsonElement> ReadAsync(HttpClient client, string batch, CancellationToken cancellationToken) =>
        SendAsync(client, new(HttpMethod.Get, $"/v1/batches/{batch}"), cancellationToken);

    private static string Status(JsonElement batch) => batch.GetProperty("status").GetString()!;

    private static long Completed(JsonElement batch) => batch.GetProperty("request_counts").GetProperty("completed").GetInt64();

    private static async Task WhenAsync(HttpClient client, string batch, Func<JsonElement, bool> isSo, CancellationToken cancellationToken)
    {
        while (await ReadAsync(client, batch, cancellationToken) is var now && !isSo(now))
        {
            if (Status(now) is "failed" or "expired" or "cancelled")
                throw new BenchmarkException($"The batch has {Status(now)}: {now}");
            await Task.Delay(Look, cancellationToken);
        }
    }

    private static async Task WhenDrainedAsync(HttpClient client, CancellationToken cancellationToken)
    {
        while ((await SendAsync(client, new(HttpMethod.Get, "/api/v1/stats"), cancellationToken)).GetProperty("counts") is var counts
            && counts.GetProperty("queued").GetInt64() + counts.GetProperty("processing").GetInt64() > 0)
            await Task.Delay(Look, cancellationToken);
    }

    private static async Task<JsonElement> SendAsync(HttpClient client, HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using (request)
        {
            using var response = await client.SendAsync(request, cancellationToken);
            var text = await response.Content.ReadAsStringAsync(cancellationToken);
            return response.IsSuccessStatusCode ? JsonElement.Parse(text)
                : throw new BenchmarkException($"{request.RequestUri} was answered with {(int)response.StatusCode}: {text}");
        }
    }
}
