using System.Text.Json;
using OllamaProxy.Simulator;
using OllamaProxy.Simulator.Faults;
using OllamaProxy.Tests.Api.Batches;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Api.Stats;

/// <summary>What is told of the last hour, day and week.</summary>
public class TrendTests
{
    public static TheoryData<string> Hosts => ProxyHosts.Names;

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task Attempts_are_counted_by_step_by_model_and_by_backend_also_over_a_restart(string host)
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host));
        await proxy.ResultAsync(await proxy.SubmitAsync(new { prompt = "count", options = new { num_predict = 4 } }));
        proxy.Ollama.Faults.Enqueue(Fault.ErrorLine(2, "model runner has unexpectedly stopped"));
        await proxy.ResultAsync(await proxy.SubmitAsync(new { prompt = "again", model = "tiny", options = new { num_predict = 4 } }));
        await proxy.ResultAsync(await proxy.SubmitAsync(new { prompt = "fails", model = "nosuch" }));

        await Eventually.NotNull<object>(async () =>
            Count((await TrendAsync(proxy, "1h")).GetProperty("total")) == (3, 1, 2) ? "counted" : null, "all attempts to be counted");
        await proxy.RestartAsync();

        foreach (var (span, seconds, steps) in new[] { ("1h", 60, 60), ("24h", 900, 96), ("7d", 7200, 84) })
        {
            var trend = await TrendAsync(proxy, span);
            Assert.Equal((span, seconds), (trend.Text("span"), trend.GetProperty("step_seconds").GetInt32()));
            Assert.Equal((3, 1, 2), Count(trend.GetProperty("total")));
            Assert.Equal(8, trend.GetProperty("total").GetProperty("tokens").GetInt64());
            Assert.True(trend.GetProperty("total").GetProperty("output_rate").GetDouble() > 0);
            Assert.True(trend.GetProperty("total").GetProperty("run_seconds").GetProperty("p95").GetDouble() > 0);
            var points = trend.GetProperty("points").EnumerateArray().ToList();
            Assert.Equal((steps, 3), (points.Count, points.Sum(point => point.GetProperty("prompts").GetInt32())));
            Assert.Equal(["llama3.2:latest", "other", "tiny:latest"],
                trend.GetProperty("models").EnumerateArray().Select(part => part.Text("model")).Order(StringComparer.Ordinal));
            Assert.Contains(trend.GetProperty("backends").EnumerateArray(), part =>
                part.Text("backend") == proxy.Ollama.BaseAddress.ToString() && Count(part).Prompts >= 2);

            var ofTiny = await TrendAsync(proxy, $"{span}&model=tiny");
            Assert.Equal((1, 0, 1), Count(ofTiny.GetProperty("total")));
            Assert.False(ofTiny.GetProperty("points")[0].TryGetProperty("queued", out _));
            Assert.Equal((1, 1, 1), Count((await TrendAsync(proxy, $"{span}&model=other")).GetProperty("total")));
            Assert.Equal((0, 0, 0), Count((await TrendAsync(proxy, $"{span}&backend=nosuch")).GetProperty("total")));
        }
    }

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task How_many_were_queued_is_told_and_what_runs_where(string host)
    {
        await using var proxy = await RunningProxy.StartAsync(
            ProxyHosts.Named(host), new SimulatorOptions { TokensPerSecond = 0.1 });
        var running = await proxy.SubmitAsync(new { prompt = "long", options = new { num_predict = 100_000 } });
        await proxy.SubmitAsync(new { prompt = "waits" });
        await proxy.SubmitAsync(new { prompt = "waits, too" });

        (int, int) told = default;
        await Eventually.NotNull<object>(async () =>
        {
            var now = (await TrendAsync(proxy, "24h")).GetProperty("points").EnumerateArray().Last();
            told = (now.GetProperty("queued").GetInt32(), now.GetProperty("processing").GetInt32());
            return told == (2, 1) ? "told" : null;
        }, $"the queue {told} to be told of");
        var runs = (await proxy.GetAsync("/api/v1/stats")).GetProperty("running").EnumerateArray().First();

        Assert.Equal((running, "llama3.2", proxy.Ollama.BaseAddress.ToString(), 1),
            (runs.Text("id"), runs.Text("model"), runs.Text("backend"), runs.GetProperty("attempt").GetInt32()));
        Assert.InRange(runs.GetProperty("started_at").GetDateTimeOffset(), DateTimeOffset.UtcNow.AddMinutes(-1), DateTimeOffset.UtcNow);
    }

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task Another_span_is_a_mistake(string host)
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host));
        using var response = await proxy.Client.GetAsync("/api/v1/stats/trends?span=2h");
        var problem = await Problem.OfAsync(response, 400);
        Assert.Equal("'span' must be 1h, 24h or 7d, but is '2h'.", problem.Error);
    }

    private static Task<JsonElement> TrendAsync(RunningProxy proxy, string query) => proxy.GetAsync($"/api/v1/stats/trends?span={query}");

    private static (int Prompts, int Failed, int Errors) Count(JsonElement figures) =>
        (figures.GetProperty("prompts").GetInt32(), figures.GetProperty("failed").GetInt32(), figures.GetProperty("errors").GetInt32());
}
