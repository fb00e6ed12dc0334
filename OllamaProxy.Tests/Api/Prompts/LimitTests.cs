using System.Net;
using System.Net.Http.Json;
using System.Text;
using OllamaProxy.Simulator.Faults;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Api.Prompts;

public sealed class LimitTests
{
    [Theory]
    [MemberData(nameof(ProxyHosts.Names), MemberType = typeof(ProxyHosts))]
    public async Task A_full_queue_is_429_with_the_time_after_which_to_come_again(string host)
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host), settings: ("OLLAMA_PROXY_MAX_QUEUED", "2"));
        proxy.Ollama.Faults.Enqueue(Fault.Hang);
        var running = await proxy.SubmitAsync(new { prompt = "in the way" });
        await proxy.StatusWhenAsync(running, status => status.GetProperty("status").GetString() == "processing");
        await proxy.SubmitAsync(new { prompt = "one" });
        await proxy.SubmitAsync(new { prompt = "two" });

        using var full = await proxy.Client.PostAsJsonAsync("/api/v1/prompt", new { prompt = "three" });
        await Problem.OfAsync(full, 429);
        Assert.True(full.Headers.RetryAfter?.Delta >= TimeSpan.FromSeconds(1));
        using var batch = await proxy.Client.PostAsJsonAsync("/api/v1/prompts", new[] { new { prompt = "three" } });
        await Problem.OfAsync(batch, 429);

        using var tooMany = await proxy.Client.PostAsJsonAsync("/api/v1/prompts",
            new[] { new { prompt = "1" }, new { prompt = "2" }, new { prompt = "3" } });
        await Problem.OfAsync(tooMany, 413);

        using var cancel = await proxy.Client.PostAsync($"/api/v1/prompt/{running}/cancel", null);
        await Eventually.NotNull(async () =>
        {
            using var response = await proxy.Client.PostAsJsonAsync("/api/v1/prompt", new { prompt = "three" });
            return response.StatusCode == HttpStatusCode.Accepted ? response : null;
        });
    }

    [Theory]
    [MemberData(nameof(ProxyHosts.Names), MemberType = typeof(ProxyHosts))]
    public async Task A_batch_that_meets_a_few_free_places_is_told_how_many(string host)
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host),
            settings: [("OLLAMA_PROXY_MAX_QUEUED", "5"), ("OLLAMA_PROXY_WORKER", "false")]);
        for (var free = 4; free > 0; free--)
        {
            await proxy.SubmitAsync(new { prompt = "takes a place" });
            using var batch = await proxy.Client.PostAsJsonAsync(
                "/api/v1/prompts", Enumerable.Range(0, free + 1).Select(_ => new { prompt = "x" }));
            Assert.StartsWith(
                $"The batch holds {free + 1} prompts, and the queue has room for {free}: {5 - free} prompts wait, "
                + "and OLLAMA_PROXY_MAX_QUEUED allows 5.",
                (await Problem.OfAsync(batch, 429)).Error, StringComparison.Ordinal);
            Assert.InRange(batch.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 60);
        }
        await proxy.SubmitAsync(new { prompt = "takes the last" });
        using var full = await proxy.Client.PostAsJsonAsync("/api/v1/prompts", new[] { new { prompt = "x" } });
        Assert.StartsWith("The queue is full: 5 prompts wait", (await Problem.OfAsync(full, 429)).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_batch_may_hold_ten_thousand_prompts_and_no_more()
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Server, settings: ("OLLAMA_PROXY_WORKER", "false"));
        var lines = string.Concat(Enumerable.Repeat("{\"prompt\":\"x\"}\n", 10_000));

        using var accepted = await proxy.Client.PostAsync("/api/v1/prompts",
            new StringContent(lines, Encoding.UTF8, "application/x-ndjson"));
        Assert.Equal(HttpStatusCode.Accepted, accepted.StatusCode);
        using var refused = await proxy.Client.PostAsync("/api/v1/prompts",
            new StringContent(lines + "{\"prompt\":\"x\"}", Encoding.UTF8, "application/x-ndjson"));
        await Problem.OfAsync(refused, 400);
        Assert.Equal(10_000, (await proxy.GetAsync("/api/v1/prompts")).GetProperty("total").GetInt32());
    }
}
