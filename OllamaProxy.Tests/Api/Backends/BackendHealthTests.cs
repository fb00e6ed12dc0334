using System.Net;
using System.Net.Http.Json;
using Microsoft.AspNetCore.Http;
using OllamaProxy.Simulator;
using OllamaProxy.Simulator.Faults;
using OllamaProxy.Tests.Api.Calls;
using OllamaProxy.Tests.Support;
using OllamaProxy.Tests.Support.Backends;

namespace OllamaProxy.Tests.Api.Backends;

/// <summary>Backends that are away, fail, answer oddly or not at all.</summary>
public sealed class BackendHealthTests
{
    private static readonly string[] OddLists =
        ["""{"models":[null]}""", """{"models":[{"name":null},{}]}""", """{"models":[{"name":17}]}""", """{"models":{}}""", "null", "[]"];

    [Fact]
    public async Task A_backend_that_is_away_is_left_out_and_comes_back_by_itself()
    {
        await using var rig = await TwoBackends.StartAsync(["m"], ["m"]);
        await rig.One.RefuseAsync();
        for (var prompt = 0; prompt < 5; prompt++)
            Assert.Equal(
                "completed",
                CallTests.Text(await rig.Proxy.ResultAsync(await rig.Proxy.SubmitAsync(new { prompt = "hi", model = "m" })), "status"));
        Assert.Equal((0, 5), (rig.One.Requests.Count, rig.Two.Requests.Count));

        await rig.One.AcceptAsync();
        await rig.Two.RefuseAsync();
        Assert.Equal(
            "completed",
            CallTests.Text(await rig.Proxy.ResultAsync(await rig.Proxy.SubmitAsync(new { prompt = "hi", model = "m" })), "status"));
        Assert.Equal(1, rig.One.Requests.Count);
    }

    [Fact]
    public async Task A_backend_that_fails_again_and_again_is_passed_over_while_another_can_take_its_prompts()
    {
        await using var rig = await TwoBackends.StartAsync(["m"], ["m"]);
        rig.One.Faults.Enqueue(Fault.Status(500, "llama runner process has terminated"), 100);
        for (var prompt = 0; prompt < 12; prompt++)
            Assert.Equal(
                "completed",
                CallTests.Text(await rig.Proxy.ResultAsync(await rig.Proxy.SubmitAsync(new { prompt = "hi", model = "m" })), "status"));
        Assert.InRange(rig.One.Requests.Count, 1, 3);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_backend_whose_answers_are_not_Ollamas_is_passed_over_as_well(bool isEmpty)
    {
        await using var rig = await TwoBackends.StartAsync(["m"], ["m"]);
        rig.One.Faults.Enqueue(isEmpty ? Fault.Empty : Fault.NotJson, 100);
        for (var prompt = 0; prompt < 8; prompt++)
            Assert.Equal(
                "completed",
                CallTests.Text(await rig.Proxy.ResultAsync(await rig.Proxy.SubmitAsync(new { prompt = "hi", model = "m" })), "status"));
        Assert.InRange(rig.One.Requests.Count, 1, 3);
    }

    /// <summary>All at once: a list is good for ten seconds.</summary>
    [Fact]
    public Task A_backend_whose_lists_are_odd_is_looked_at_again_and_again() => Task.WhenAll(OddLists.Select(AssertIsLookedAtAgainAsync));

    private static async Task AssertIsLookedAtAgainAsync(string list)
    {
        var looks = 0;
        await using var ollama = await RawOllama.AnswerAllAsync(async context =>
        {
            if (context.Request.Path == "/api/tags")
                Interlocked.Increment(ref looks);
            await context.Response.WriteAsync(HttpMethods.IsPost(context.Request.Method) ? """{"response":"hi","done":true}"""
                : context.Request.Path == "/api/version" ? """{"version":"0.33.0"}""" : list);
        });
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Server, null, ("OLLAMA_URL", ollama.Url));
        Assert.Equal("completed", CallTests.Text(await proxy.ResultAsync(await proxy.SubmitAsync(new { prompt = "hi" })), "status"));
        var before = Volatile.Read(ref looks);
        await Eventually.True(() => Volatile.Read(ref looks) > before, $"another look after {list}");
    }

    [Fact]
    public async Task A_backend_of_which_nothing_is_known_yet_is_asked()
    {
        await using var known = await OllamaSimulator.StartAsync(new() { Models = ["a"] });
        await using var unknown = await RawOllama.AnswerAllAsync(async context =>
        {
            if (context.Request.Path == "/api/version")
                await Task.Delay(Timeout.InfiniteTimeSpan, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            else
                await context.Response.WriteAsync(
                    HttpMethods.IsGet(context.Request.Method) ? """{"models":[{"name":"b"}]}""" : """{"license":"b"}""");
        });
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Server, null,
            ("OLLAMA_URL", $"{known.BaseAddress},{unknown.Url}"));
        // After some seconds without an answer it is known to be away: a busy machine may need another start.
        await Eventually.NotNull(async () =>
        {
            await proxy.RestartAsync();
            Assert.Equal(
                "completed",
                CallTests.Text(await proxy.ResultAsync(await proxy.SubmitAsync(new { prompt = "hi", model = "a" })), "status"));
            var names = await TwoBackends.NamesAsync(proxy, "/api/tags", "models", "name");
            using var show = await proxy.Client.PostAsJsonAsync("/api/show", new { model = "b" });
            return names.SequenceEqual(["a:latest", "b"]) && await show.Content.ReadAsStringAsync() == """{"license":"b"}""" ? "" : null;
        }, "the unknown one to be asked");
    }

    [Fact]
    public async Task A_backend_that_takes_connections_and_never_answers_holds_up_nothing_for_long()
    {
        await using var known = await OllamaSimulator.StartAsync(new() { Models = ["a"] });
        await using var silent = await RawOllama.AnswerAllAsync(context =>
            Task.Delay(Timeout.InfiniteTimeSpan, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default));
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Server, null, ("OLLAMA_URL", $"{silent.Url},{known.BaseAddress}"));
        Assert.Equal(
            "completed", CallTests.Text(await proxy.ResultAsync(await proxy.SubmitAsync(new { prompt = "hi", model = "a" })), "status"));

        // As long as an Ollama that is known may take is a minute.
        Assert.Equal(["a:latest"], await TwoBackends.NamesAsync(proxy, "/api/tags", "models", "name").WaitAsync(TimeSpan.FromSeconds(40)));
    }

    [Fact]
    public async Task Without_any_Ollama_what_it_would_tell_is_503()
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Server);
        await proxy.Ollama.RefuseAsync();
        foreach (var path in new[] { "/api/tags", "/api/ps", "/api/version", "/v1/models", "/v1/models/tiny" })
        {
            using var response = await proxy.Client.GetAsync(path);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
            Assert.NotNull(response.Headers.RetryAfter);
            Assert.Contains("cannot be reached", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
    }
}
