using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using OllamaProxy.Simulator;
using OllamaProxy.Tests.Api.Calls;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Api.Queue;

/// <summary>What an operator pauses, drains and resumes.</summary>
public sealed class PauseTests
{
    public static TheoryData<string> Hosts => ProxyHosts.Names;

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task A_paused_queue_accepts_prompts_and_begins_none_until_it_is_resumed(string host)
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host));
        Assert.True((await PostAsync(proxy, "pause")).GetProperty("paused").GetBoolean());

        var ids = new[] { await proxy.SubmitAsync(new { prompt = "one" }), await proxy.SubmitAsync(new { prompt = "two" }) };
        foreach (var id in ids)
        {
            var status = await proxy.StatusWhenAsync(id, status => status.TryGetProperty("waiting_for", out _));
            Assert.Equal(("queued", "paused"), (CallTests.Text(status, "status"), CallTests.Text(status, "waiting_for")));
            Assert.False(status.TryGetProperty("eta_seconds", out _));
        }
        Assert.True((await proxy.GetAsync("/api/v1/queue")).GetProperty("paused").GetBoolean());
        Assert.Equal(0, proxy.Ollama.Requests.Count);

        Assert.False((await PostAsync(proxy, "resume")).GetProperty("paused").GetBoolean());
        foreach (var id in ids)
            Assert.Equal("completed", CallTests.Text(await proxy.ResultAsync(id), "status"));
    }

    [Fact]
    public async Task What_runs_goes_on_while_the_queue_is_paused()
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Server, new() { Latency = TimeSpan.FromSeconds(2) });
        var running = await proxy.SubmitAsync(new { prompt = "runs" });
        await proxy.StatusWhenAsync(running, status => CallTests.Text(status, "status") == "processing");
        await PostAsync(proxy, "pause");
        var waiting = await proxy.SubmitAsync(new { prompt = "waits" });

        Assert.Equal("completed", CallTests.Text(await proxy.ResultAsync(running), "status"));
        Assert.Equal("queued", CallTests.Text(await proxy.StatusAsync(waiting), "status"));
    }

    [Fact]
    public async Task A_pause_is_kept_over_a_restart_and_seen_by_other_processes()
    {
        await using var proxy = await CallRig.StartAsync();
        await using var other = await RunningProxy.StartAsync(ProxyHosts.Server, null, ("OLLAMA_PROXY_WORKER", "false"), proxy.SharedStore);
        await PostAsync(other, "pause");
        await Eventually.NotNull(async () =>
            (await proxy.GetAsync("/api/v1/queue")).GetProperty("paused").GetBoolean() ? "paused" : null, "the pause");

        await proxy.RestartAsync();

        var id = await proxy.SubmitAsync(new { prompt = "waits" });
        await proxy.StatusWhenAsync(id, status => CallTests.Text(status, "waiting_for") == "paused");
        Assert.Equal(0, proxy.Ollama.Requests.Count);
        await PostAsync(other, "resume");
        Assert.Equal("completed", CallTests.Text(await proxy.ResultAsync(id), "status"));
    }

    [Theory]
    [InlineData("llama3.2")]
    [InlineData("llama3.2:latest")]
    public async Task A_paused_model_lets_others_pass(string name)
    {
        await using var proxy = await CallRig.StartAsync();
        var state = await PostAsync(proxy, "pause", new { model = name });
        Assert.Equal(["llama3.2:latest"], state.GetProperty("paused_models").EnumerateArray().Select(model => model.GetString()!));

        var waiting = await proxy.SubmitAsync(new { prompt = "waits", model = "llama3.2" });
        var passing = await proxy.SubmitAsync(new { prompt = "passes", model = "tiny" });
        Assert.Equal("completed", CallTests.Text(await proxy.ResultAsync(passing), "status"));
        Assert.Equal("paused", CallTests.Text(await proxy.StatusAsync(waiting), "waiting_for"));

        await PostAsync(proxy, "resume", new { model = name });
        Assert.Equal("completed", CallTests.Text(await proxy.ResultAsync(waiting), "status"));
    }

    [Fact]
    public async Task Many_prompts_of_paused_models_hide_no_other_model()
    {
        var models = Enumerable.Range(0, 30).Select(number => $"m{number}").ToList();
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Server, new() { Models = [.. models, "last"] });
        foreach (var model in models)
            await PostAsync(proxy, "pause", new { model });
        foreach (var model in models)
            await proxy.SubmitAsync(new { prompt = "waits", model });

        var passing = await proxy.SubmitAsync(new { prompt = "passes", model = "last" });

        Assert.Equal("completed", CallTests.Text(await proxy.ResultAsync(passing), "status"));
        Assert.Equal(1, proxy.Ollama.Requests.Count);
    }

    [Fact]
    public async Task A_paused_backend_is_given_nothing_and_the_others_are()
    {
        await using var second = await OllamaSimulator.StartAsync(null);
        await using var first = await OllamaSimulator.StartAsync(null);
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Server, null,
            ("OLLAMA_URL", $"{first.BaseAddress},{second.BaseAddress}"));
        var state = await PostAsync(proxy, "pause", new { backend = first.BaseAddress.ToString().TrimEnd('/') });
        Assert.Equal([first.BaseAddress.ToString()],
            state.GetProperty("paused_backends").EnumerateArray().Select(backend => backend.GetString()!));

        foreach (var id in await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => proxy.SubmitAsync(new { prompt = "hi" }))))
            Assert.Equal("completed", CallTests.Text(await proxy.ResultAsync(id), "status"));
        Assert.Equal((0, 8), (first.Requests.Count, second.Requests.Count));

        await PostAsync(proxy, "pause", new { backend = second.BaseAddress.ToString() });
        var waiting = await proxy.SubmitAsync(new { prompt = "waits" });
        await proxy.StatusWhenAsync(waiting, status => CallTests.Text(status, "waiting_for") == "paused");
        await PostAsync(proxy, "resume", new { backend = first.BaseAddress.ToString() });
        Assert.Equal("completed", CallTests.Text(await proxy.ResultAsync(waiting), "status"));
        Assert.Equal(1, first.Requests.Count);
    }

    [Theory]
    [InlineData("/api/v1/prompt", """{"prompt":"no"}""", "detail")]
    [InlineData("/api/v1/prompts", """[{"prompt":"no"}]""", "detail")]
    [InlineData("/api/chat", """{"model":"tiny","messages":[]}""", "error")]
    [InlineData("/v1/chat/completions", """{"model":"tiny","messages":[]}""", "error")]
    public async Task A_draining_queue_runs_what_it_has_and_refuses_what_comes(string path, string body, string field)
    {
        await using var proxy = await CallRig.StartAsync();
        await PostAsync(proxy, "pause");
        var accepted = await proxy.SubmitAsync(new { prompt = "accepted" });
        Assert.True((await PostAsync(proxy, "drain")).GetProperty("draining").GetBoolean());

        using var refused = await CallRig.PostAsync(proxy, path, body);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.Equal("60", refused.Headers.GetValues("Retry-After").Single());
        Assert.Contains("drained", (await refused.Content.ReadFromJsonAsync<JsonElement>()).GetProperty(field).ToString(),
            StringComparison.Ordinal);

        var state = await PostAsync(proxy, "resume");
        Assert.False(state.GetProperty("draining").GetBoolean() || state.GetProperty("paused").GetBoolean());
        Assert.Equal("completed", CallTests.Text(await proxy.ResultAsync(accepted), "status"));
        Assert.Equal("completed", CallTests.Text(await proxy.ResultAsync(await proxy.SubmitAsync(new { prompt = "next" })), "status"));
    }

    [Theory]
    [InlineData("pause", """{"backend":"http://nowhere/"}""", "There is no backend 'http://nowhere/'")]
    [InlineData("pause", """{"model":"a","backend":"b"}""", "not both")]
    [InlineData("pause", """{"model":""}""", "'model' is empty")]
    [InlineData("pause", """{"models":["a"]}""", "'models' is unknown")]
    [InlineData("resume", "[]", "must be a JSON object")]
    [InlineData("drain", """{"model":"a"}""", "Only the whole queue can be drained")]
    public async Task What_cannot_be_meant_is_400_and_pauses_nothing(string action, string body, string why)
    {
        await using var proxy = await CallRig.StartAsync();
        using var response = await CallRig.PostAsync(proxy, $"/api/v1/queue/{action}", body);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains(why, (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("detail").GetString(),
            StringComparison.Ordinal);
        Assert.Equal("""{"paused":false,"draining":false,"paused_models":[],"paused_backends":[]}""",
            await proxy.Client.GetStringAsync("/api/v1/queue"));
    }

    private static async Task<JsonElement> PostAsync(RunningProxy proxy, string action, object? body = null)
    {
        using var response = await proxy.Client.PostAsync($"/api/v1/queue/{action}", body is null ? null : JsonContent.Create(body));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }
}
