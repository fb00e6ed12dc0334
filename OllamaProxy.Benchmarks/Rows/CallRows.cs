using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json;
using OllamaProxy.Benchmarks.Load;
using OllamaProxy.Benchmarks.Processes;

namespace OllamaProxy.Benchmarks.Rows;

/// <summary>
/// What a client of Ollama's own API pays for the queue, against asking Ollama directly: every call is on disk before it runs,
/// and its answer is kept.
/// </summary>
internal sealed class CallRows : IMeasurement
{
    public const int Connections = 64;
    private const int Streams = 8;
    private const string Options = """{"simulator_tokens":3}""";

    private static readonly TimeSpan TokenInterval = TimeSpan.FromMilliseconds(10);
    private static readonly byte[] Streamed = Request.Post("/api/generate",
        $$"""{"model":"llama3.2","prompt":"What is the capital of France?","options":{{Options}}}""");
    public static readonly byte[][] Whole = [Request.Post("/api/generate",
        $$"""{"model":"llama3.2","prompt":"What is the capital of France?","options":{{Options}},"stream":false}""")];

    private readonly Row _firstByte = new("call-first-byte",
        "a streamed call of `/api/generate`, queue empty: time to first byte added to Ollama's, median", Target.Below(1.5, "ms"));
    private readonly Row _rate = new("call-64", "calls of `/api/generate` at 64 connections, as a share of those that Ollama alone answers",
        Target.AtLeast(15, "%"));
    private readonly Row _cpu = new("call-cpu", "CPU time of the server a call of `/api/generate`, at 64 connections",
        Target.Below(100, "µs"));
    private readonly Row _token = new("call-token", "8 streamed calls at 100 tokens a second each: delay added to a token, median",
        Target.Below(0.3, "ms"));

    public IReadOnlyList<Row> Rows => [_firstByte, _rate, _cpu, _token];

    public async Task MeasureAsync(Bench bench, Results results, CancellationToken cancellationToken)
    {
        if (results.Wants(_firstByte))
            await MeasureFirstByteAsync(bench, results, cancellationToken);
        if (results.Wants(_rate) || results.Wants(_cpu))
            await MeasureRateAsync(bench, results, cancellationToken);
        if (results.Wants(_token))
            await MeasureTokensAsync(bench, results, cancellationToken);
    }

    private async Task MeasureFirstByteAsync(Bench bench, Results results, CancellationToken cancellationToken)
    {
        await using var ollama = await ServerProcess.StartAsync(SimulatorServer.Program, bench.NewFolder(), [], cancellationToken);
        await using var server = await Bench.WorkAsync(bench.Server, Path.Combine(bench.NewFolder(), "queue.db"),
            $"http://{ollama.EndPoint}", concurrency: 1, cancellationToken);
        var (added, remark) = await FirstBytesAsync(bench, ollama.EndPoint, server.EndPoint, cancellationToken);
        results.Note(_firstByte, added, remark);
    }

    /// <summary>How many milliseconds a server adds to the time to the first byte of Ollama's, by the medians of calls in turn.</summary>
    public static async Task<(double Added, string Remark)> FirstBytesAsync(
        Bench bench, IPEndPoint ollama, IPEndPoint server, CancellationToken cancellationToken)
    {
        using var direct = await Connection.OpenAsync(ollama, cancellationToken);
        using var through = await Connection.OpenAsync(server, cancellationToken);
        var samples = (Direct: new List<double>(), Through: new List<double>());
        for (var i = -bench.Effort.CallWarmUp; i < bench.Effort.LatencySamples; i++)
        {
            var one = await FirstByteAsync(direct, Streamed, cancellationToken);
            var other = await FirstByteAsync(through, Streamed, cancellationToken);
            if (i < 0)
                continue;
            samples.Direct.Add(one);
            samples.Through.Add(other);
        }
        return (samples.Through.Median() - samples.Direct.Median(), string.Create(CultureInfo.InvariantCulture,
            $"{samples.Through.Median():0.00} ms against {samples.Direct.Median():0.00} ms; "
            + $"99th percentile {samples.Through.Percentile(0.99):0.0} ms against {samples.Direct.Percentile(0.99):0.0} ms"));
    }

    /// <summary>How many milliseconds it takes from sending a request to the first byte of its answer.</summary>
    public static async Task<double> FirstByteAsync(Connection connection, byte[] request, CancellationToken cancellationToken)
    {
        var sent = Stopwatch.GetTimestamp();
        await connection.AskAsync(request, cancellationToken);
        return Stopwatch.GetElapsedTime(sent, connection.FirstByteAt).TotalMilliseconds;
    }

    private async Task MeasureRateAsync(Bench bench, Results results, CancellationToken cancellationToken)
    {
        await using var ollama = await ServerProcess.StartAsync(SimulatorServer.Program, bench.NewFolder(), [], cancellationToken);
        await using var server = await Bench.WorkAsync(bench.Server, Path.Combine(bench.NewFolder(), "queue.db"),
            $"http://{ollama.EndPoint}", Connections, cancellationToken);
        using var direct = await LoadGenerator.ConnectAsync(ollama.EndPoint, Connections, cancellationToken);
        using var through = await LoadGenerator.ConnectAsync(server.EndPoint, Connections, cancellationToken);

        var windows = await Side.CompareAsync(bench.Effort with { WarmUp = bench.Effort.CallLoadWarmUp }, cancellationToken,
            new(direct, Whole), new(through, Whole));
        results.Note(_rate, windows.Median(rates => rates[1] / rates[0]) * 100, string.Create(CultureInfo.InvariantCulture,
            $"{windows.Median(rates => rates[1]):N0}/s against {windows.Median(rates => rates[0]):N0}/s"));

        var calls = bench.Effort.CpuCalls;
        var before = CpuTimeOf(server.Process);
        await through.RunAsync(calls, Whole, cancellationToken);
        results.Note(_cpu, (CpuTimeOf(server.Process) - before).TotalMicroseconds / calls, $"{calls:N0} calls");
    }

    private static TimeSpan CpuTimeOf(Process process)
    {
        process.Refresh();
        return process.TotalProcessorTime;
    }

    private async Task MeasureTokensAsync(Bench bench, Results results, CancellationToken cancellationToken)
    {
        var effort = bench.Effort;
        await using var ollama = await TokenServer.StartAsync(TokenInterval, (int)(effort.Window / TokenInterval), cancellationToken);
        await using var server = await Bench.WorkAsync(bench.Server, Path.Combine(bench.NewFolder(), "queue.db"), ollama.Address, Streams,
            cancellationToken);
        using var direct = Client(ollama.Address);
        using var through = Client($"http://{server.EndPoint}");

        for (var warm = TimeSpan.Zero; warm < effort.CallLoadWarmUp; warm += effort.Window)
            await DelaysAsync(warm < effort.WarmUp ? direct : through, cancellationToken);
        var (ofDirect, ofThrough) = (new List<double>(), new List<double>());
        for (var i = 0; i < effort.Windows; i++)
        {
            // In turn, so that whatever slows the machine slows both.
            ofDirect.AddRange(await DelaysAsync(direct, cancellationToken));
            ofThrough.AddRange(await DelaysAsync(through, cancellationToken));
        }
        results.Note(_token, ofThrough.Median() - ofDirect.Median(), string.Create(CultureInfo.InvariantCulture,
            $"{ofThrough.Count:N0} tokens, {ofThrough.Median():0.00} ms on their way against {ofDirect.Median():0.00} ms; "
            + $"99th percentile {ofThrough.Percentile(0.99):0.0} ms against {ofDirect.Percentile(0.99):0.0} ms"));
    }

    private static HttpClient Client(string address) =>
        new(new SocketsHttpHandler { MaxConnectionsPerServer = Streams }) { BaseAddress = new(address) };

    /// <summary>Asks for all streams at once, and returns how many milliseconds each token was on its way.</summary>
    private static async Task<IEnumerable<double>> DelaysAsync(HttpClient client, CancellationToken cancellationToken) =>
        (await Task.WhenAll(Enumerable.Range(0, Streams).Select(_ => ReadAsync(client, cancellationToken)))).SelectMany(delays => delays);

    private static async Task<List<double>> ReadAsync(HttpClient client, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post,
            "/api/generate")
        { Content = new StringContent("""{"model":"llama3.2","prompt":"hi"}""") };
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync(cancellationToken));
        var delays = new List<double>();
        while (await lines.ReadLineAsync(cancellationToken) is { } line)
        {
            var received = Stopwatch.GetTimestamp();
            using var token = JsonDocument.Parse(line);
            if (long.TryParse(token.RootElement.GetProperty("response").GetString(), CultureInfo.InvariantCulture, out var sent))
                delays.Add(Stopwatch.GetElapsedTime(sent, received).TotalMilliseconds);
        }
        return delays;
    }
}
