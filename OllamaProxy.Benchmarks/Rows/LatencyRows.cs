using System.Diagnostics;
using System.Text;
using OllamaProxy.Benchmarks.Load;
using OllamaProxy.Simulator;

namespace OllamaProxy.Benchmarks.Rows;

/// <summary>How long a prompt takes from its submission until Ollama has it, where the queue is empty and the worker listens.</summary>
internal sealed class LatencyRows : IMeasurement
{
    private static readonly byte[] Submit = Request.Post("/api/v1/prompt", """{"prompt":"What is the capital of France?"}""");

    private readonly Row _median = new("latency-median", "from a submission until Ollama has the request, queue empty: median",
        Target.Below(3, "ms"));
    private readonly Row _p99 = new("latency-p99", "the same: 99th percentile", Target.Below(15, "ms"));

    public IReadOnlyList<Row> Rows => [_median, _p99];

    public async Task MeasureAsync(Bench bench, Results results, CancellationToken cancellationToken)
    {
        await using var ollama = await OllamaSimulator.StartAsync(ct: cancellationToken);
        await using var server = await Bench.WorkAsync(bench.Server, Path.Combine(bench.NewFolder(), "queue.db"), ollama, concurrency: 1,
            cancellationToken);
        using var client = await Connection.OpenAsync(server.EndPoint, cancellationToken);

        // What the runtime has yet to compile would be measured with the first ones.
        await SampleAsync(client, ollama, bench.Effort.LatencySamples / 3, cancellationToken);
        var samples = await SampleAsync(client, ollama, bench.Effort.LatencySamples, cancellationToken);
        var remark = $"{samples.Count} prompts one after the other, {samples.Min():0.00} to {samples.Max():0.00} ms";
        if (results.Wants(_median))
            results.Note(_median, samples.Median(), remark);
        if (results.Wants(_p99))
            results.Note(_p99, samples.Percentile(0.99), remark);
    }

    private static async Task<List<double>> SampleAsync(Connection client, OllamaSimulator ollama, int count,
        CancellationToken cancellationToken)
    {
        var samples = new List<double>(count);
        while (samples.Count < count)
        {
            var number = ollama.Requests.Count + 1;
            var sent = Stopwatch.GetTimestamp();
            var status = StatusPath(await client.AskAsync(Submit, cancellationToken));
            await ollama.Requests.WaitForAsync(number, cancellationToken);
            samples.Add(Stopwatch.GetElapsedTime(sent, ollama.Requests.All[^1].ReceivedAt).TotalMilliseconds);
            await UntilIdleAsync(client, status, cancellationToken);
        }
        return samples;
    }

    private static string StatusPath(ReadOnlyMemory<byte> answer)
    {
        var location = Encoding.UTF8.GetString(answer.Span).Split("Location: ")[1].Split("\r\n")[0];
        return new Uri(new Uri("http://localhost"), location).PathAndQuery;
    }

    /// <summary>
    /// Waits until the prompt is completed, and the worker listens again, which nobody can see; each time for another while, lest its clock
    /// and ours keep step.
    /// </summary>
    private static async Task UntilIdleAsync(Connection client, string status, CancellationToken cancellationToken)
    {
        var request = Request.Get(status);
        while ((await client.AskAsync(request, cancellationToken)).Span.IndexOf("\"completed\""u8) < 0)
            await Task.Delay(1, cancellationToken);
        await Task.Delay(Random.Shared.Next(4, 12), cancellationToken);
    }
}
