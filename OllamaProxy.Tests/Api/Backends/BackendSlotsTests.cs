using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OllamaProxy.Simulator;
using OllamaProxy.Simulator.Faults;
using OllamaProxy.Tests.Api.Calls;
using OllamaProxy.Tests.Support;
using OllamaProxy.Tests.Support.Backends;

namespace OllamaProxy.Tests.Api.Backends;

/// <summary>How many prompts and calls each backend is sent at once, and what holds up others.</summary>
public sealed class BackendSlotsTests
{
    [Fact]
    public async Task Prompts_run_on_all_backends_at_once_each_within_its_own_concurrency()
    {
        await using var rig = await TwoBackends.StartAsync(["m"], ["m"], ";concurrency=2");
        rig.One.Faults.Enqueue(Fault.Hang, 9);
        rig.Two.Faults.Enqueue(Fault.Hang, 9);
        for (var prompt = 0; prompt < 5; prompt++)
            await rig.Proxy.SubmitAsync(new { prompt = "hi", model = "m" });
        await rig.One.Requests.WaitForAsync(1);
        await rig.Two.Requests.WaitForAsync(2);
        // A backend can have a prompt before the store shows it as started, and one more may be claimed ahead for a moment.
        await Eventually.NotNull(async () =>
            (await rig.Proxy.GetAsync("/api/v1/prompts?status=queued")).GetProperty("total").GetInt32() == 2 ? "" : null, "two to wait");
        Assert.Equal((1, 2), (rig.One.Requests.Count, rig.Two.Requests.Count));
    }

    [Fact]
    public async Task Ollama_is_not_flooded_with_prompts_for_a_model_that_it_does_not_have()
    {
        var (asked, most, answers) = (0, new ConcurrentBag<int>(), new TaskCompletionSource());
        await using var ollama = await TwoBackends.UnlistedAsync(async context =>
        {
            most.Add(Interlocked.Increment(ref asked));
            await answers.Task.WaitAsync(context.RequestAborted);
            Interlocked.Decrement(ref asked);
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            await context.Response.WriteAsync("""{"error":"model 'nosuch' not found"}""");
        });
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Server, null, ("OLLAMA_URL", $"{ollama.Url};concurrency=2"));
        using var batch = await proxy.Client.PostAsJsonAsync("/api/v1/prompts",
            Enumerable.Repeat(new { prompt = "hi", model = "nosuch" }, 50));
        Assert.True(batch.IsSuccessStatusCode);

        await Eventually.NotNull(async () => most.Count == 2 && await TotalAsync("queued") == 48 ? "" : null, "two to be asked for");
        answers.SetResult();
        await Eventually.NotNull(async () => await TotalAsync("failed") == 50 ? "" : null, "all to fail");
        // What was said a moment ago is not asked for again.
        Assert.InRange(most.Count, 2, 10);
        Assert.InRange(most.Max(), 1, 2);

        async Task<int> TotalAsync(string status) =>
            (await proxy.GetAsync($"/api/v1/prompts?status={status}")).GetProperty("total").GetInt32();
    }

    [Fact]
    public async Task A_model_in_the_cloud_that_is_asked_too_often_holds_up_no_other()
    {
        // The limit lasts until the other prompt has been run, however long that takes, and for two attempts at the least.
        var (asked, isLimited) = (0, true);
        await using var ollama = await TwoBackends.UnlistedAsync(async context =>
        {
            using var body = await JsonDocument.ParseAsync(context.Request.Body);
            if (CallTests.Text(body.RootElement, "model") == "gpt-oss:120b-cloud"
                && (Interlocked.Increment(ref asked) < 3 || Volatile.Read(ref isLimited)))
            {
                context.Response.StatusCode = StatusCodes.Status429TooManyRequests;
                await context.Response.WriteAsync("""{"error":"you have reached your hourly usage limit"}""");
                return;
            }
            await context.Response.Body.WriteAsync(RawOllama.Line("hi", done: true));
        });
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Server, null, ("OLLAMA_URL", ollama.Url),
            ("OLLAMA_MAX_ATTEMPTS", "1"));
        var limited = await proxy.SubmitAsync(new { prompt = "hi", model = "gpt-oss:120b-cloud", priority = 90 });
        await Eventually.True(() => Volatile.Read(ref asked) > 0);

        Assert.Equal(
            "completed", CallTests.Text(await proxy.ResultAsync(await proxy.SubmitAsync(new { prompt = "hi", model = "tiny" })), "status"));
        Assert.NotEqual("completed", CallTests.Text(await proxy.StatusAsync(limited), "status"));
        Volatile.Write(ref isLimited, false);
        Assert.Equal("completed", CallTests.Text(await proxy.ResultAsync(limited), "status"));
        Assert.Equal(1, (await proxy.StatusAsync(limited)).GetProperty("attempts").GetInt32());
    }

    [Theory]
    [InlineData("1", "gpt-oss:120b-cloud", "false")]
    [InlineData("1", "llama3.2:local", "true")]
    [InlineData("3", "an alias", "false")]
    public async Task Calls_for_a_model_that_no_list_names_run_within_the_concurrency(string concurrency, string model, string waitForModel)
    {
        var (running, most) = (0, new ConcurrentBag<int>());
        await using var ollama = await TwoBackends.UnlistedAsync(async context =>
        {
            most.Add(Interlocked.Increment(ref running));
            await Task.Yield();
            Interlocked.Decrement(ref running);
            await context.Response.Body.WriteAsync(RawOllama.Line("hi", done: true));
        });
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Server, null,
            ("OLLAMA_URL", ollama.Url), ("OLLAMA_CONCURRENCY", concurrency), ("OLLAMA_PROXY_WAIT_FOR_MODEL", waitForModel));

        var calls = Enumerable.Range(0, 12)
            .Select(_ => proxy.Client.SendAsync(CallTests.Post("/api/generate", JsonSerializer.Serialize(new { model, prompt = "hi" }))))
            .ToList();
        var submitted = await proxy.SubmitAsync(new { prompt = "hi", model });

        Assert.All(await Task.WhenAll(calls), response => Assert.Equal(HttpStatusCode.OK, response.StatusCode));
        Assert.Equal("completed", CallTests.Text(await proxy.ResultAsync(submitted), "status"));
        Assert.Equal(13, most.Count);
        Assert.InRange(most.Max(), 1, int.Parse(concurrency));
    }

    [Fact]
    public async Task Prompts_for_invented_models_hold_up_no_call_for_one_that_is_there()
    {
        var (refused, refusedBefore) = (0, -1);
        await using var ollama = await RawOllama.AnswerAllAsync(async context =>
        {
            if (HttpMethods.IsGet(context.Request.Method))
            {
                await context.Response.WriteAsync(
                    context.Request.Path == "/api/version" ? """{"version":"0.33.0"}""" : """{"models":[{"name":"tiny:latest"}]}""");
                return;
            }
            using var body = await JsonDocument.ParseAsync(context.Request.Body);
            if (CallTests.Text(body.RootElement, "model") == "tiny")
            {
                refusedBefore = Volatile.Read(ref refused);
                await context.Response.Body.WriteAsync(RawOllama.Line("hi", done: true));
                return;
            }
            Interlocked.Increment(ref refused);
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            await context.Response.WriteAsync("""{"error":"model 'invented' not found"}""");
        });
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Server, null, ("OLLAMA_URL", ollama.Url));
        using (var known = await proxy.Client.SendAsync(CallTests.Post("/api/generate", """{"model":"tiny","prompt":"hi"}""")))
            Assert.Equal(HttpStatusCode.OK, known.StatusCode);
        using var batch = await proxy.Client.PostAsJsonAsync("/api/v1/prompts",
            Enumerable.Range(0, 5_000).Select(number => new { prompt = "hi", model = $"invented-{number}", priority = 50 }));
        Assert.True(batch.IsSuccessStatusCode);
        await Eventually.True(() => Volatile.Read(ref refused) > 0);
        var least = int.MaxValue;
        // Others are refused while a busy machine sends the call: one quick round shows that it does not wait for them.
        for (var round = 0; round < 10 && least > 200; round++)
        {
            var atStart = Volatile.Read(ref refused);
            using var call = await proxy.Client.SendAsync(CallTests.Post("/api/generate", """{"model":"tiny","prompt":"hi"}"""));
            Assert.Equal(HttpStatusCode.OK, call.StatusCode);
            Assert.True(Volatile.Read(ref refused) < 5_000, "All others were refused before it.");
            least = Math.Min(least, Volatile.Read(ref refusedBefore) - atStart);
        }
        Assert.InRange(least, 0, 200);
    }

    [Fact]
    public async Task A_model_that_no_list_names_runs_however_many_that_have_to_wait_are_before_it()
    {
        await using var ollama = await TwoBackends.UnlistedAsync(async context =>
        {
            using var body = await JsonDocument.ParseAsync(context.Request.Body);
            if (CallTests.Text(body.RootElement, "model") == "hidden")
            {
                await context.Response.Body.WriteAsync(RawOllama.Line("hi", done: true));
                return;
            }
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            await context.Response.WriteAsync("""{"error":"model not found"}""".Replace(
                "model", $"model '{CallTests.Text(body.RootElement, "model")}'", StringComparison.Ordinal));
        });
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Server, null,
            ("OLLAMA_URL", ollama.Url), ("OLLAMA_CONCURRENCY", "4"), ("OLLAMA_PROXY_WAIT_FOR_MODEL", "true"));
        using var batch = await proxy.Client.PostAsJsonAsync("/api/v1/prompts",
            Enumerable.Range(0, 300).Select(number => new { prompt = "hi", model = $"later-{number}" }));
        Assert.True(batch.IsSuccessStatusCode);

        Assert.Equal(
            "completed",
            CallTests.Text(await proxy.ResultAsync(await proxy.SubmitAsync(new { prompt = "hi", model = "hidden" })), "status"));
    }
}
