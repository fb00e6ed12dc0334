using System.Text.Json;
using OllamaProxy.Simulator.Faults;
using OllamaProxy.Tests.Support;
using OllamaProxy.Tests.Support.Timing;

namespace OllamaProxy.Tests.Api.Prompts;

/// <summary>What queued prompts are said to wait for. Each test has a proxy of its own, since Ollama comes and goes.</summary>
public class WaitingForTests
{
    /// <summary>Within that time it has to be known that Ollama is there no more.</summary>
    private static readonly TimeSpan Promise = TimeSpan.FromSeconds(2);

    public static TheoryData<string> Hosts => ProxyHosts.Names;

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task A_prompt_waits_for_a_slot_and_no_other_status_says_what_it_waits_for(string host)
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host));
        var done = await proxy.SubmitAsync(new { prompt = "done" });
        await proxy.ResultAsync(done);
        var running = await HangAsync(proxy);
        var waiting = await proxy.SubmitAsync(new { prompt = "waits" });

        await proxy.StatusWhenAsync(waiting, status => IsWaitingFor(status, "slot") && HasEta(status));
        foreach (var id in new[] { done, running })
            Assert.False((await proxy.StatusAsync(id)).TryGetProperty("waiting_for", out _));
    }

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task A_bulk_prompt_waits_for_its_hours_and_a_client_is_told_when_it_has_probably_ended(string host)
    {
        var begins = DateTimeOffset.UtcNow.AddHours(3);
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host), settings:
            ("OLLAMA_PROXY_BULK_HOURS", $"{begins:HH:00}-{begins.AddHours(2):HH:00} UTC"));
        await proxy.ResultAsync(await proxy.SubmitAsync(new { prompt = "measured" }));
        var bulk = await proxy.SubmitAsync(new { prompt = "bulk", priority = -1 });
        Assert.Equal("completed",
            (await proxy.ResultAsync(await proxy.SubmitAsync(new { prompt = "ordinary" }))).GetProperty("status").GetString());
        var status = await WaitsForAsync(proxy, bulk, "bulk_hours");
        Assert.InRange(status.GetProperty("eta_seconds").GetDouble(), 2 * 3600 - 10, 3 * 3600 + 60);
    }

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task While_Ollama_is_away_prompts_wait_for_it_and_nobody_is_told_when_they_will_have_ended(string host)
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host));
        await proxy.ResultAsync(await proxy.SubmitAsync(new { prompt = "measured" }));
        await proxy.Ollama.RefuseAsync();
        var first = await proxy.SubmitAsync(new { prompt = "waits" });
        var second = await proxy.SubmitAsync(new { prompt = "waits behind it" });

        foreach (var id in new[] { first, second })
        {
            Assert.False((await WaitsForAsync(proxy, id, "backend")).TryGetProperty("eta_seconds", out _));
            using var pending = await proxy.Client.GetAsync($"/api/v1/prompt/{id}/result");
            Assert.Equal(TimeSpan.FromSeconds(10), pending.Headers.RetryAfter?.Delta);
        }

        await proxy.Ollama.AcceptAsync();
        Assert.Equal("completed", (await proxy.ResultAsync(second)).GetProperty("status").GetString());
    }

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task That_Ollama_dies_is_told_in_the_stream_within_two_seconds_though_nothing_is_sent_to_it(string host)
    {
        // The only prompt waits for its next attempt, far in the future.
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host), settings: ("OLLAMA_RETRY_BASE_SECONDS", "300"));
        await proxy.ResultAsync(await proxy.SubmitAsync(new { prompt = "measured" }));
        proxy.Ollama.Faults.Enqueue(Fault.Status(502, "bad gateway", 300));
        var id = await proxy.SubmitAsync(new { prompt = "tried again" });
        await using var stream = await EventReader.OpenAsync(proxy.Client, id);
        await stream.UntilAsync("status", status => IsWaitingFor(status, "retry"));

        await Soonest.IsWithinAsync(Promise, async () =>
        {
            await proxy.Ollama.RefuseAsync();
            var died = TimeProvider.System.GetTimestamp();
            var told = await stream.UntilAsync("status", status => IsWaitingFor(status, "backend"));
            var took = TimeProvider.System.GetElapsedTime(died);
            Assert.False(told.TryGetProperty("eta_seconds", out _));

            await proxy.Ollama.AcceptAsync();
            await stream.UntilAsync("status", status => IsWaitingFor(status, "retry"));
            return took;
        });
    }

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task That_Ollama_dies_amid_an_answer_is_told_within_two_seconds(string host)
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host), settings: ("OLLAMA_RETRY_BASE_SECONDS", "300"));

        await Soonest.IsWithinAsync(Promise, async () =>
        {
            var running = await HangAsync(proxy);
            var waiting = await proxy.SubmitAsync(new { prompt = "waits" });
            await using var stream = await EventReader.OpenAsync(proxy.Client, running);
            await using var other = await EventReader.OpenAsync(proxy.Client, waiting);
            await other.UntilAsync("status", status => IsWaitingFor(status, "slot"));

            await proxy.Ollama.RefuseAsync();
            var died = TimeProvider.System.GetTimestamp();
            await Task.WhenAll(
                stream.UntilAsync("status", status => IsWaitingFor(status, "backend")),
                other.UntilAsync("status", status => IsWaitingFor(status, "backend")));
            var took = TimeProvider.System.GetElapsedTime(died);

            await proxy.Ollama.AcceptAsync();
            await proxy.ResultAsync(waiting);
            return took;
        });
    }

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task An_estimate_counts_the_time_until_the_next_attempt(string host)
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host));
        await proxy.ResultAsync(await proxy.SubmitAsync(new { prompt = "measured" }));
        proxy.Ollama.Faults.Enqueue(Fault.Status(502, "bad gateway", 40));
        var id = await proxy.SubmitAsync(new { prompt = "tried again" });

        var status = await proxy.StatusWhenAsync(id, status => IsWaitingFor(status, "retry") && HasEta(status));

        Assert.InRange(status.GetProperty("eta_seconds").GetDouble(), 20, 45);
        using var pending = await proxy.Client.GetAsync($"/api/v1/prompt/{id}/result");
        Assert.InRange(pending.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 20, 45);
    }

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task A_prompt_whose_model_no_backend_has_waits_for_it_where_it_may(string host)
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host), settings: ("OLLAMA_PROXY_WAIT_FOR_MODEL", "true"));
        await proxy.ResultAsync(await proxy.SubmitAsync(new { prompt = "measured" }));
        var id = await proxy.SubmitAsync(new { prompt = "waits", model = "nosuch" });

        Assert.False((await WaitsForAsync(proxy, id, "model")).TryGetProperty("eta_seconds", out _));
    }

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task A_prompt_that_later_ones_pass_because_their_model_is_loaded_waits_for_its_window(string host)
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host));
        await proxy.ResultAsync(await proxy.SubmitAsync(new { prompt = "loads the model" }));
        var first = await HangAsync(proxy);
        var passed = await proxy.SubmitAsync(new { prompt = "passed", model = "tiny" });
        await WaitsForAsync(proxy, passed, "slot");
        proxy.Ollama.Faults.Enqueue(Fault.Hang);
        await proxy.SubmitAsync(new { prompt = "passes" });

        using var cancelled = await proxy.Client.PostAsync($"/api/v1/prompt/{first}/cancel", null);

        await WaitsForAsync(proxy, passed, "window");
    }

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task A_process_that_only_serves_tells_nothing_of_backends_that_it_does_not_watch(string host)
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host), settings: ("OLLAMA_PROXY_WORKER", "false"));
        var status = await proxy.StatusAsync(await proxy.SubmitAsync(new { prompt = "waits" }));
        Assert.Equal("queued", status.GetProperty("status").GetString());
        Assert.False(status.TryGetProperty("waiting_for", out _));
    }

    private static async Task<string> HangAsync(RunningProxy proxy)
    {
        proxy.Ollama.Faults.Enqueue(Fault.Hang);
        var id = await proxy.SubmitAsync(new { prompt = "hangs" });
        await proxy.StatusWhenAsync(id, status => status.GetProperty("status").GetString() == "processing");
        await proxy.TakenAsync();
        return id;
    }

    private static Task<JsonElement> WaitsForAsync(RunningProxy proxy, string id, string reason) =>
        proxy.StatusWhenAsync(id, status => IsWaitingFor(status, reason));

    private static bool HasEta(JsonElement status) => status.TryGetProperty("eta_seconds", out _);

    private static bool IsWaitingFor(JsonElement status, string reason) =>
        status.TryGetProperty("waiting_for", out var told) && told.GetString() == reason;
}
