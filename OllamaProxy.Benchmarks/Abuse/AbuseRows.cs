using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using OllamaProxy.Benchmarks.Load;
using OllamaProxy.Benchmarks.Processes;

namespace OllamaProxy.Benchmarks.Abuse;

/// <summary>
/// What becomes of a server, and of its other clients, while many read long texts slowly or not at all, many upload long ones at once or
/// without an end, and many watch; and what is left of that when they have gone.
/// </summary>
internal sealed class AbuseRows(AbuseScale scale) : IMeasurement
{
    private const double Megabyte = 1024 * 1024;
    private const int OtherClients = 4;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private readonly Row _peak = new("abuse-memory", "the most memory of the server", Target.Below(600, "MB"));
    private readonly Row _status = new("abuse-status", "a status for another client: 99th percentile", Target.Below(200, "ms"));
    private readonly Row _submit = new("abuse-submit", "a submit of another client: 99th percentile", Target.Below(200, "ms"));
    private readonly Row _left = new("abuse-left", "memory that is not given back ten seconds after they left", Target.Below(100, "MB"));

    public IReadOnlyList<Row> Rows => [_peak, _status, _submit, _left];

    public async Task MeasureAsync(Bench bench, Results results, CancellationToken cancellationToken)
    {
        var database = Path.Combine(bench.NewFolder(), "queue.db");
        var prompts = await LongPrompts.WriteAsync(database, scale.TextBytes, cancellationToken);
        await using var ollama = await ServerProcess.StartAsync(SimulatorServer.Program, Path.GetDirectoryName(database)!, [],
            cancellationToken);
        await using var server = await Bench.AbusedAsync(bench.Server, database, $"http://{ollama.EndPoint}", cancellationToken);
        await using var memory = new PeakMemory(server.Process);
        using var client = await Connection.OpenAsync(server.EndPoint, cancellationToken);
        var waiting = await SubmitAsync(client, """{"prompt":"What is the capital of France?","model":"none-has-it"}""", cancellationToken);
        await LoadAsync(client, waiting, TimeSpan.FromSeconds(1), cancellationToken);
        var before = MemoryOf(server.Process);

        using var leave = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var crowd = new Crowd(server.EndPoint);
        var all = Begin(crowd, prompts, waiting, leave.Token);
        var others = await Task.WhenAll(Enumerable.Range(0, OtherClients).Select(async _ =>
        {
            using var other = await Connection.OpenAsync(server.EndPoint, cancellationToken);
            return await LoadAsync(other, waiting, scale.Length, cancellationToken);
        }));
        var stayed = all.Count(one => !one.IsCompleted);
        await leave.CancelAsync();
        await Task.WhenAll(all).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Task.Delay(scale.AfterWards, cancellationToken);

        var (accepted, refused) = crowd.Uploads;
        results.Note(_peak, memory.Megabytes,
            $"{stayed:N0} of {all.Count:N0} stayed to the end; of uploads {accepted} were accepted, {refused} told to come again");
        Note(results, _status, [.. others.SelectMany(other => other.Statuses)]);
        Note(results, _submit, [.. others.SelectMany(other => other.Submits)]);
        var after = MemoryOf(server.Process);
        results.Note(_left, after - before, string.Create(CultureInfo.InvariantCulture, $"{before:0} MB before, {after:0} MB after"));
    }

    private List<Task> Begin(Crowd crowd, LongPrompts prompts, string watched, CancellationToken stop)
    {
        var clients = new List<Task>();
        void Add(int count, Func<int, Task> begin) => clients.AddRange(Enumerable.Range(0, count).Select(begin));
        Add(scale.Watchers, _ => crowd.WatchAsync($"/api/v1/prompt/{watched}/stream", stop));
        Add(scale.Readers, _ => crowd.ReadSlowlyAsync($"/api/v1/prompt/{prompts.Result}/result", stop));
        Add(scale.Readers, _ => crowd.ReadSlowlyAsync($"/api/v1/prompt/{prompts.Result}", stop));
        Add(scale.Readers / 2, _ => crowd.ReadSlowlyAsync($"/api/v1/prompt/{prompts.Response}/response", stop));
        Add(scale.Readers / 4, _ => crowd.NeverReadAsync($"/api/v1/prompt/{prompts.Result}/result", stop));
        Add(scale.Readers / 4, _ => crowd.NeverReadAsync($"/api/v1/prompt/{prompts.Result}/stream", stop));
        Add(scale.Uploads, number => crowd.UploadAsync(scale.UploadBytes, finishes: number % 2 == 0, stop));
        return clients;
    }

    private static void Note(Results results, Row row, IReadOnlyList<double> milliseconds) =>
        results.Note(row, milliseconds.Percentile(0.99),
        string.Create(CultureInfo.InvariantCulture,
            $"{milliseconds.Count:N0} requests, median {milliseconds.Median():0.0} ms, the slowest {milliseconds.Max():0} ms"));

    /// <summary>Asks for a status and submits a prompt, again and again, and returns how many milliseconds each took.</summary>
    private static async Task<(List<double> Statuses, List<double> Submits)> LoadAsync(Connection client, string id, TimeSpan length,
        CancellationToken cancellationToken)
    {
        var (statuses, submits, started) = (new List<double>(), new List<double>(), Stopwatch.GetTimestamp());
        var status = Request.Get($"/api/v1/prompt/{id}/status");
        var submit = Request.Post("/api/v1/prompt", """{"prompt":"What is the capital of France?","options":{"simulator_tokens":1}}""");
        while (Stopwatch.GetElapsedTime(started) < length)
        {
            statuses.Add(await TimeAsync(status));
            submits.Add(await TimeAsync(submit));
            await Task.Delay(Pause, cancellationToken);
        }
        return (statuses, submits);

        async Task<double> TimeAsync(byte[] request)
        {
            var asked = Stopwatch.GetTimestamp();
            await client.AskAsync(request, cancellationToken);
            return Stopwatch.GetElapsedTime(asked).TotalMilliseconds;
        }
    }

    private static async Task<string> SubmitAsync(Connection client, string body, CancellationToken cancellationToken)
    {
        var whole = Encoding.UTF8.GetString((await client.AskAsync(Request.Post("/api/v1/prompt", body), cancellationToken)).Span);
        using var answer = JsonDocument.Parse(whole[whole.IndexOf('{', StringComparison.Ordinal)..]);
        return answer.RootElement.GetProperty("id").GetString()!;
    }

    private static double MemoryOf(Process process)
    {
        process.Refresh();
        return process.WorkingSet64 / Megabyte;
    }
}
