using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using OllamaProxy.Simulator;

namespace OllamaProxy.Benchmarks.Rows;

/// <summary>
/// How often an Ollama that holds one model at a time has to load another for a queue of several, and who has to wait for that.
/// </summary>
internal sealed class SwapRow : IMeasurement
{
    private const int Window = 60;

    private static readonly string[] Models = ["one", "two", "three", "four"];

    private readonly Row _loads = new("swap-loads",
        "200 prompts over 4 models in random order: fewer loads than in the order of arrival, by", Target.AtLeast(5, "x"));
    private readonly Row _passed = new("swap-passed",
        $"the same: for how long a prompt was passed by others at the most, with a window of {Window} s", Target.AtMost(Window, "s"));

    public IReadOnlyList<Row> Rows => [_loads, _passed];

    public async Task MeasureAsync(Bench bench, Results results, CancellationToken cancellationToken)
    {
        var options = new SimulatorOptions
        {
            Models = Models,
            MaxLoadedModels = 1,
            LoadTime = bench.Effort.LoadTime,
            Latency = TimeSpan.FromMilliseconds(20)
        };
        await using var ollama = await OllamaSimulator.StartAsync(options, ct: cancellationToken);
        await using var server = await Bench.WorkAsync(bench.Server, Path.Combine(bench.NewFolder(), "queue.db"), ollama, concurrency: 1,
            cancellationToken);
        using var client = new HttpClient { BaseAddress = new($"http://{server.EndPoint}") };

        var random = new Random(1);
        var prompts = Enumerable.Range(0, bench.Effort.SwapPrompts)
            .Select(number => new { prompt = $"{number}", model = Models[random.Next(Models.Length)] }).ToList();
        using var submitted = await client.PostAsJsonAsync("/api/v1/prompts", prompts, cancellationToken);
        submitted.EnsureSuccessStatusCode();
        var batch = (await submitted.Content.ReadFromJsonAsync<JsonElement>(cancellationToken)).GetProperty("batch_url").GetString();
        while ((await client.GetFromJsonAsync<JsonElement>(batch, cancellationToken))
            .GetProperty("counts").GetProperty("completed").GetInt32() < prompts.Count)
            await Task.Delay(50, cancellationToken);

        var inOrder = prompts.Zip(prompts.Skip(1)).Count(pair => pair.First.model != pair.Second.model) + 1;
        var remark = string.Create(CultureInfo.InvariantCulture,
            $"{ollama.Loads.Count} loads of {bench.Effort.LoadTime.TotalSeconds:0.##} s against {inOrder}");
        if (results.Wants(_loads))
            results.Note(_loads, (double)inOrder / ollama.Loads.Count, remark);
        if (results.Wants(_passed))
            results.Note(_passed, LongestPassed(ollama), remark);
    }

    /// <summary>
    /// Of all prompts, the longest time from when one behind it was first run before it until another last was, in seconds.
    /// </summary>
    private static double LongestPassed(OllamaSimulator ollama)
    {
        var runs = ollama.Requests.All.Select(request =>
        {
            using var body = JsonDocument.Parse(request.Body);
            return (Number: int.Parse(body.RootElement.GetProperty("prompt").GetString()!, CultureInfo.InvariantCulture),
                At: request.ReceivedAt);
        }).ToList();
        return runs.Index().Max(run =>
        {
            var passing = runs.Take(run.Index).Where(other => other.Number > run.Item.Number).Select(other => other.At).ToList();
            return passing.Count == 0 ? 0 : System.Diagnostics.Stopwatch.GetElapsedTime(passing.Min(), passing.Max()).TotalSeconds;
        });
    }
}
