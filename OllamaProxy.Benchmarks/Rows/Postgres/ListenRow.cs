using OllamaProxy.Benchmarks.Load;
using OllamaProxy.Benchmarks.Seeding;

namespace OllamaProxy.Benchmarks.Rows.Postgres;

/// <summary>What it costs those who submit that four servers listen for each other's changes.</summary>
internal sealed class ListenRow : IMeasurement
{
    private const int Connections = 64;

    private static readonly byte[][] Submit = [Request.Post("/api/v1/prompt", """{"prompt":"What is the capital of France?"}""")];

    private readonly Row _listen = new("postgres-listen",
        "submits at 64 connections to four servers on one PostgreSQL that listen, against four that poll", Target.AtLeast(0.8, "x"));

    public IReadOnlyList<Row> Rows => [_listen];

    public async Task MeasureAsync(Bench bench, Results results, CancellationToken cancellationToken)
    {
        var cluster = await bench.PostgresAsync();
        await using var groups = new Groups();
        var sides = new List<Side>();
        foreach (var setting in (IReadOnlyList<(string, string)[]>)[[("OLLAMA_PROXY_POSTGRES_LISTEN", "off")], []])
            sides.Add(new(await groups.StartAsync(bench, await SeededDatabase.CreateAsync(cluster), bench.Effort.Servers[^1],
                [("OLLAMA_PROXY_WORKER", "false"), .. setting], Connections, cancellationToken), Submit));
        var windows = await Side.CompareAsync(bench.Effort, cancellationToken, [.. sides]);
        InstanceRows.Note(results, [_listen], windows);
    }
}
