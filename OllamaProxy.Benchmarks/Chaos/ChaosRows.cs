using System.Globalization;
using OllamaProxy.Benchmarks.Processes;
using OllamaProxy.Benchmarks.Seeding;
using OllamaProxy.Simulator;

namespace OllamaProxy.Benchmarks.Chaos;

/// <summary>
/// Whether anything is lost or doubled while several servers on one PostgreSQL are killed, cut off and stalled, and PostgreSQL itself is
/// restarted, under load.
/// </summary>
internal sealed class ChaosRows(ChaosScale scale) : IMeasurement
{
    private const int LinesShown = 10;

    private readonly Row _lost = new("chaos-lost", "prompts that were accepted and are missing, failed, cancelled or have a wrong result",
        Target.AtMost(0, "prompts"));
    private readonly Row _doubled = new("chaos-doubled", "prompts that are there twice, or were settled twice",
        Target.AtMost(0, "prompts"));
    private readonly Row _overrun = new("chaos-overrun", "requests that a backend had at once beyond its concurrency, at the most",
        Target.AtMost(0, "requests"));
    private readonly Row _errors = new("chaos-errors", "answers that were wrong, or errors but 503 with Retry-After and broken connections",
        Target.AtMost(0, "answers"));

    public IReadOnlyList<Row> Rows => [_lost, _doubled, _overrun, _errors];

    public TimeSpan Patience => scale.Length + scale.Calm + TimeSpan.FromMinutes(2);

    public async Task MeasureAsync(Bench bench, Results results, CancellationToken cancellationToken)
    {
        Console.WriteLine($"Chaos for {scale.Length.TotalMinutes:0.##} minutes, with --seed {scale.Seed}.");
        var cluster = await bench.PostgresAsync();
        var database = await SeededDatabase.CreateAsync(cluster);
        await cluster.ExecuteAsync(database.Name, ChaosRecord.Audit);
        var backends = new List<OllamaSimulator>();
        var servers = new List<ChaosServer>();
        var ledger = new ChaosLedger();
        try
        {
            while (backends.Count < scale.Concurrencies.Count)
                backends.Add(await OllamaSimulator.StartAsync(new() { TokensPerSecond = scale.TokensPerSecond }, ct: cancellationToken));
            while (servers.Count < scale.Servers)
                servers.Add(new(bench.Server, bench.NewFolder(), cluster, database.Name, [.. Bench.Common, .. Settings(backends)]));
            await Task.WhenAll(servers.Select(server => server.StartAsync(cancellationToken)));
            await DisturbAsync(servers, cluster, ledger, cancellationToken);
            await UntilEndedAsync(cluster, database.Name, cancellationToken);
            await NoteAsync(cluster, database.Name, backends, servers, ledger, results);
        }
        finally
        {
            foreach (var server in servers)
                await server.DisposeAsync();
            foreach (var backend in backends)
                await backend.DisposeAsync();
        }
    }

    private IEnumerable<(string, string)> Settings(List<OllamaSimulator> backends) =>
    [
        ("OLLAMA_URL", string.Join(',', backends.Zip(scale.Concurrencies, (backend, concurrency) =>
            $"{backend.BaseAddress};concurrency={concurrency}"))),
        ("OLLAMA_PROXY_LEASE_SECONDS", $"{scale.Lease.TotalSeconds}"),
        ("OLLAMA_MAX_ATTEMPTS", "1000"), // A worker that is killed costs its prompts an attempt each time.
    ];

    private async Task DisturbAsync(List<ChaosServer> servers, PostgresCluster cluster, ChaosLedger ledger, CancellationToken stop)
    {
        using var http = new HttpClient(new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(5) })
        {
            Timeout = TimeSpan.FromMinutes(2),
        };
        using var last = new CancellationTokenSource(scale.Length);
        var clients = Enumerable.Range(1, scale.Clients).Select(number =>
            Task.Run(() => new ChaosClient(http, servers, ledger, new(scale.Seed + number)).RunAsync(last.Token, stop), stop));
        var saboteur = new Saboteur(servers, cluster, ledger, new(scale.Seed));
        await Task.WhenAll([.. clients, Task.Run(() => saboteur.RunAsync(last.Token, stop), stop)]);
    }

    private async Task UntilEndedAsync(PostgresCluster cluster, string database, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(scale.Calm);
        while (await ChaosRecord.CountUnfinishedAsync(cluster, database) > 0 && !patience.IsCancellationRequested)
            await Task.Delay(500, cancellationToken);
    }

    private async Task NoteAsync(PostgresCluster cluster, string database, List<OllamaSimulator> backends, List<ChaosServer> servers,
        ChaosLedger ledger, Results results)
    {
        var records = await ChaosRecord.ReadAsync(cluster, database);
        var verdict = ChaosVerdict.Of(ledger.Prompts, records);
        var uses = backends.Zip(scale.Concurrencies, BackendUse.Of).ToList();
        Console.WriteLine(TableOf(ledger, records, servers.Sum(server => server.FailedStarts), backends, verdict));
        Show("Lost", verdict.Lost);
        Show("Doubled", verdict.Doubled);
        Show("Errors", ledger.Complaints);
        results.Note(_lost, verdict.Lost.Count, $"of {records.Count:N0}");
        results.Note(_doubled, verdict.Doubled.Count, $"of {records.Count:N0}");
        results.Note(_overrun, uses.Max(use => use.Overrun), string.Join(", ", uses.Zip(scale.Concurrencies, (use, concurrency) =>
            $"{use.Most} of {concurrency}")));
        results.Note(_errors, ledger.Complaints.Count, $"seed {scale.Seed}");
    }

    private static string TableOf(
        ChaosLedger ledger, IReadOnlyList<ChaosRecord> records, int failedStarts, List<OllamaSimulator> backends, ChaosVerdict verdict)
    {
        IEnumerable<(string What, int Times)> lines =
        [
            ("accepted, as clients were told", ledger.Prompts.Count(prompt => prompt.Id is not null)),
            .. records.GroupBy(record => record.Status).Select(same => ($"ended: {same.Key}", same.Count())),
            ("requests to the backends", backends.Sum(backend => backend.Requests.Count)),
            .. ledger.Counts.OrderBy(count => count.Key, StringComparer.Ordinal).Select(count => (count.Key, count.Value)),
            ("starts without a database", failedStarts),
            ("calls answered whose answers were not kept", verdict.NotKept.Count),
            ("lost", verdict.Lost.Count),
            ("doubled", verdict.Doubled.Count),
        ];
        return string.Concat(lines.Select(line =>
            string.Create(CultureInfo.InvariantCulture, $"| {line.What,-60} | {line.Times,8:N0} |\n")));
    }

    private static void Show(string title, IReadOnlyCollection<string> lines)
    {
        foreach (var line in lines.Take(LinesShown))
            Console.WriteLine($"{title}: {line}");
        if (lines.Count > LinesShown)
            Console.WriteLine($"{title}: and {lines.Count - LinesShown:N0} more");
    }
}
