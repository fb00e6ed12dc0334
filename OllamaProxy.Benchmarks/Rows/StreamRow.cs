using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using OllamaProxy.Benchmarks.Load;

namespace OllamaProxy.Benchmarks.Rows;

/// <summary>How late tokens are that are watched as they come.</summary>
internal sealed class StreamRow : IMeasurement
{
    private const int Streams = 64;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(10);

    private readonly Row _p99 = new("stream-p99",
        "a token's way from Ollama to who watches, 64 live streams at 100 tokens a second each: 99th percentile", Target.AtMost(50, "ms"));

    public IReadOnlyList<Row> Rows => [_p99];

    public async Task MeasureAsync(Bench bench, Results results, CancellationToken cancellationToken)
    {
        var length = bench.Effort.WarmUp + bench.Effort.Watch;
        await using var ollama = await TokenServer.StartAsync(Interval, (int)(length / Interval), cancellationToken);
        var database = Path.Combine(bench.NewFolder(), "queue.db");
        await using var server = await Bench.WorkAsync(bench.Server, database, ollama.Address, Streams, cancellationToken);
        using var client = new HttpClient(
            new SocketsHttpHandler { MaxConnectionsPerServer = Streams })
        { BaseAddress = new($"http://{server.EndPoint}") };

        var warm = Stopwatch.GetTimestamp() + (long)(bench.Effort.WarmUp.TotalSeconds * Stopwatch.Frequency);
        var watching = Enumerable.Range(0, Streams).Select(_ => WatchAsync(client, warm, cancellationToken)).ToList();
        await Task.Delay(bench.Effort.WarmUp + (bench.Effort.Watch / 2), cancellationToken);
        var writes = MostWrites(database);
        var lateness = (await Task.WhenAll(watching)).SelectMany(late => late).ToList();

        results.Note(_p99, lateness.Percentile(0.99), string.Create(CultureInfo.InvariantCulture,
            $"{lateness.Count:N0} tokens, median {lateness.Median():0.0} ms, latest {lateness.Max():0} ms; on disk a prompt had at most "
            + $"{writes} parts after {(bench.Effort.WarmUp + (bench.Effort.Watch / 2)).TotalSeconds:0.#} s"));
    }

    /// <summary>Submits a prompt and watches its tokens come; returns by how many milliseconds each is late.</summary>
    private static async Task<List<double>> WatchAsync(HttpClient client, long warm, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/prompt")
        {
            Content = JsonContent.Create(new { prompt = "What is the capital of France?" }),
            Headers = { { "Accept", "text/event-stream" } },
        };
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        var lateness = new List<double>();
        await foreach (var item in SseParser.Create(stream, (name, data) => name == "token" ? JsonDocument.Parse(data.ToArray()) : null)
            .EnumerateAsync(cancellationToken))
        {
            var received = Stopwatch.GetTimestamp();
            using var token = item.Data;
            // Tokens that were ready at once come as one.
            foreach (var sent in token?.RootElement.GetProperty("text").GetString()!.Split(' ', StringSplitOptions.RemoveEmptyEntries)
                .Select(text => long.Parse(text, CultureInfo.InvariantCulture)) ?? [])
                if (sent >= warm)
                    lateness.Add(Stopwatch.GetElapsedTime(sent, received).TotalMilliseconds);
        }
        return lateness;
    }

    /// <summary>The number of parts in which the text of the prompt that has the most was written to disk so far.</summary>
    private static long MostWrites(string database)
    {
        using var connection = new SqliteConnection($"Data Source={database};Mode=ReadOnly;Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT coalesce(max(parts), 0) FROM (SELECT count(*) AS parts FROM chunks GROUP BY seq)";
        return (long)command.ExecuteScalar()!;
    }
}
