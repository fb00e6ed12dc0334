using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OllamaProxy.Simulator;
using OllamaProxy.Simulator.Faults;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Api;

/// <summary>Several Ollamas behind one proxy.</summary>
public sealed class BackendsTests
{
    private static readonly string[] OddLists =
        ["""{"models":[null]}""", """{"models":[{"name":null},{}]}""", """{"models":[{"name":17}]}""", """{"models":{}}""", "null", "[]"];

    [Fact]
    public async Task A_prompt_goes_where_its_model_is_and_its_attempts_say_where()
    {
        await using var rig = await StartAsync(["a"], ["b"]);
        foreach (var (model, backend) in new[] { ("b", rig.Two), ("a", rig.One), ("b:latest", rig.Two) })
        {
            var id = await rig.Proxy.SubmitAsync(new { prompt = "hi", model });
            Assert.Equal("completed", CallTests.Text(await rig.Proxy.ResultAsync(id), "status"));
            var attempt = (await rig.Proxy.GetAsync($"/api/v1/prompt/{id}")).GetProperty("attempt_history").EnumerateArray().Single();
            Assert.Equal(backend.BaseAddress.ToString(), CallTests.Text(attempt, "backend"));
        }
    }

    [Fact]
    public async Task Prompts_run_on_all_backends_at_once_each_within_its_own_concurrency()
    {
        await using var rig = await StartAsync(["m"], ["m"], ";concurrency=2");
        rig.One.Faults.Enqueue(Fault.Hang, 9);
        rig.Two.Faults.Enqueue(Fault.Hang, 9);
        for (var prompt = 0; prompt < 5; prompt++)
            await rig.Proxy.SubmitAsync(new { prompt = "hi", model = "m" });
        await rig.One.Requests.WaitForAsync(1);
        await rig.Two.Requests.WaitForAsync(2);
        Assert.Equal(2, (await rig.Proxy.GetAsync("/api/v1/prompts?status=queued")).GetProperty("total").GetInt32());
        Assert.Equal((1, 2), (rig.One.Requests.Count, rig.Two.Requests.Count));
    }

    [Fact]
    public async Task A_backend_that_is_away_is_left_out_and_comes_back_by_itself()
    {
        await using var rig = await StartAsync(["m"], ["m"]);
        await rig.One.RefuseAsync();
        for (var prompt = 0; prompt < 5; prompt++)
            Assert.Equal("completed", CallTests.Text(await rig.Proxy.ResultAsync(await rig.Proxy.SubmitAsync(new { prompt = "hi", model = "m" })), "status"));
        Assert.Equal((0, 5), (rig.One.Requests.Count, rig.Two.Requests.Count));

        await rig.One.AcceptAsync();
        await rig.Two.RefuseAsync();
        Assert.Equal("completed", CallTests.Text(await rig.Proxy.ResultAsync(await rig.Proxy.SubmitAsync(new { prompt = "hi", model = "m" })), "status"));
        Assert.Equal(1, rig.One.Requests.Count);
    }

    [Fact]
    public async Task A_backend_that_fails_again_and_again_is_passed_over_while_another_can_take_its_prompts()
    {
        await using var rig = await StartAsync(["m"], ["m"]);
        rig.One.Faults.Enqueue(Fault.Status(500, "llama runner process has terminated"), 100);
        for (var prompt = 0; prompt < 12; prompt++)
            Assert.Equal("completed", CallTests.Text(await rig.Proxy.ResultAsync(await rig.Proxy.SubmitAsync(new { prompt = "hi", model = "m" })), "status"));
        Assert.InRange(rig.One.Requests.Count, 1, 3);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_backend_whose_answers_are_not_Ollamas_is_passed_over_as_well(bool isEmpty)
    {
        await using var rig = await StartAsync(["m"], ["m"]);
        rig.One.Faults.Enqueue(isEmpty ? Fault.Empty : Fault.NotJson, 100);
        for (var prompt = 0; prompt < 8; prompt++)
            Assert.Equal("completed", CallTests.Text(await rig.Proxy.ResultAsync(await rig.Proxy.SubmitAsync(new { prompt = "hi", model = "m" })), "status"));
        Assert.InRange(rig.One.Requests.Count, 1, 3);
    }

    [Fact]
    public async Task A_model_that_one_backend_no_longer_has_is_asked_for_at_another()
    {
        await using var rig = await StartAsync(["m", "a"], ["m", "b"]);
        rig.One.RemoveModel("m");
        var id = await rig.Proxy.SubmitAsync(new { prompt = "hi", model = "m" });
        Assert.Equal("completed", CallTests.Text(await rig.Proxy.ResultAsync(id), "status"));
        var attempts = (await rig.Proxy.GetAsync($"/api/v1/prompt/{id}")).GetProperty("attempt_history").EnumerateArray().Select(attempt => CallTests.Text(attempt, "backend"));
        Assert.Equal([$"{rig.One.BaseAddress}", $"{rig.Two.BaseAddress}"], attempts);
    }

    [Fact]
    public async Task A_model_that_all_have_said_they_do_not_have_is_refused_at_once_even_while_all_are_busy()
    {
        await using var rig = await StartAsync(["a"], ["b"]);
        Assert.Equal("failed", CallTests.Text(await rig.Proxy.ResultAsync(await rig.Proxy.SubmitAsync(new { prompt = "hi", model = "nosuch" })), "status"));
        rig.One.Faults.Enqueue(Fault.Hang);
        rig.Two.Faults.Enqueue(Fault.Hang);
        await rig.Proxy.SubmitAsync(new { prompt = "hi", model = "a" });
        await rig.Proxy.SubmitAsync(new { prompt = "hi", model = "b" });
        await rig.One.Requests.WaitForAsync(2);
        await rig.Two.Requests.WaitForAsync(2);

        var failed = await rig.Proxy.ResultAsync(await rig.Proxy.SubmitAsync(new { prompt = "hi", model = "nosuch" }));
        Assert.Equal(("failed", "model 'nosuch' not found"), (CallTests.Text(failed, "status"), CallTests.Text(failed, "error")));
        using var call = await rig.Proxy.Client.SendAsync(CallTests.Post("/api/chat", """{"model":"nosuch","messages":[]}"""));
        Assert.Equal((HttpStatusCode.NotFound, """{"error":"model 'nosuch' not found"}"""), (call.StatusCode, await call.Content.ReadAsStringAsync()));
        Assert.Equal((2, 2), (rig.One.Requests.Count, rig.Two.Requests.Count));
    }

    [Fact]
    public async Task Ollama_is_not_flooded_with_prompts_for_a_model_that_it_does_not_have()
    {
        var (asked, most, answers) = (0, new ConcurrentBag<int>(), new TaskCompletionSource());
        await using var ollama = await UnlistedAsync(async context =>
        {
            most.Add(Interlocked.Increment(ref asked));
            await answers.Task.WaitAsync(context.RequestAborted);
            Interlocked.Decrement(ref asked);
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            await context.Response.WriteAsync("""{"error":"model 'nosuch' not found"}""");
        });
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Server, null, ("OLLAMA_URL", $"{ollama.Url};concurrency=2"));
        using var batch = await proxy.Client.PostAsJsonAsync("/api/v1/prompts", Enumerable.Repeat(new { prompt = "hi", model = "nosuch" }, 50));
        Assert.True(batch.IsSuccessStatusCode);

        await Eventually.NotNull(async () => most.Count == 2 && await TotalAsync("queued") == 48 ? "" : null, "two to be asked for");
        answers.SetResult();
        await Eventually.NotNull(async () => await TotalAsync("failed") == 50 ? "" : null, "all to fail");
        // What was said a moment ago is not asked for again.
        Assert.InRange(most.Count, 2, 10);
        Assert.InRange(most.Max(), 1, 2);

        async Task<int> TotalAsync(string status) => (await proxy.GetAsync($"/api/v1/prompts?status={status}")).GetProperty("total").GetInt32();
    }

    [Fact]
    public async Task A_model_in_the_cloud_that_is_asked_too_often_holds_up_no_other()
    {
        var asked = 0;
        await using var ollama = await UnlistedAsync(async context =>
        {
            using var body = await JsonDocument.ParseAsync(context.Request.Body);
            if (CallTests.Text(body.RootElement, "model") == "gpt-oss:120b-cloud" && Interlocked.Increment(ref asked) < 3)
            {
                context.Response.StatusCode = StatusCodes.Status429TooManyRequests;
                await context.Response.WriteAsync("""{"error":"you have reached your hourly usage limit"}""");
                return;
            }
            await context.Response.Body.WriteAsync(RawOllama.Line("hi", done: true));
        });
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Server, null, ("OLLAMA_URL", ollama.Url), ("OLLAMA_MAX_ATTEMPTS", "1"));
        var limited = await proxy.SubmitAsync(new { prompt = "hi", model = "gpt-oss:120b-cloud", priority = 90 });
        await Eventually.True(() => Volatile.Read(ref asked) > 0);

        Assert.Equal("completed", CallTests.Text(await proxy.ResultAsync(await proxy.SubmitAsync(new { prompt = "hi", model = "tiny" })), "status"));
        Assert.NotEqual("completed", CallTests.Text(await proxy.StatusAsync(limited), "status"));
        Assert.Equal("completed", CallTests.Text(await proxy.ResultAsync(limited), "status"));
        Assert.Equal(1, (await proxy.StatusAsync(limited)).GetProperty("attempts").GetInt32());
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

    [Theory]
    [InlineData("1", "gpt-oss:120b-cloud", "false")]
    [InlineData("1", "llama3.2:local", "true")]
    [InlineData("3", "an alias", "false")]
    public async Task Calls_for_a_model_that_no_list_names_run_within_the_concurrency(string concurrency, string model, string waitForModel)
    {
        var (running, most) = (0, new ConcurrentBag<int>());
        await using var ollama = await UnlistedAsync(async context =>
        {
            most.Add(Interlocked.Increment(ref running));
            await Task.Yield();
            Interlocked.Decrement(ref running);
            await context.Response.Body.WriteAsync(RawOllama.Line("hi", done: true));
        });
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Server, null,
            ("OLLAMA_URL", ollama.Url), ("OLLAMA_CONCURRENCY", concurrency), ("OLLAMA_PROXY_WAIT_FOR_MODEL", waitForModel));

        var calls = Enumerable.Range(0, 12).Select(_ => proxy.Client.SendAsync(CallTests.Post("/api/generate", JsonSerializer.Serialize(new { model, prompt = "hi" })))).ToList();
        var submitted = await proxy.SubmitAsync(new { prompt = "hi", model });

        Assert.All(await Task.WhenAll(calls), response => Assert.Equal(HttpStatusCode.OK, response.StatusCode));
        Assert.Equal("completed", CallTests.Text(await proxy.ResultAsync(submitted), "status"));
        Assert.Equal(13, most.Count);
        Assert.InRange(most.Max(), 1, int.Parse(concurrency));
    }

    [Theory]
    [InlineData("/api/generate", """{"model":"hidden","prompt":"hi"}""")]
    [InlineData("/api/chat", """{"model":"hidden:latest","messages":[{"role":"user","content":"hi"}]}""")]
    [InlineData("/api/embed", """{"model":"hidden","input":"hi"}""")]
    [InlineData("/api/embeddings", """{"model":"hidden","prompt":"hi"}""")]
    [InlineData("/v1/chat/completions", """{"model":"hidden","messages":[{"role":"user","content":"hi"}]}""")]
    [InlineData("/v1/embeddings", """{"model":"hidden","input":"hi"}""")]
    [InlineData("/v1/messages", """{"model":"hidden","max_tokens":9,"messages":[{"role":"user","content":"hi"}]}""")]
    public async Task A_model_that_no_list_names_is_asked_for_at_each_backend_in_turn_and_known_from_then_on(string path, string body)
    {
        await using var one = await OllamaSimulator.StartAsync(new() { Models = ["a"] });
        await using var two = await OllamaSimulator.StartAsync(new() { Models = ["b"], UnlistedModels = ["hidden"] });
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Server, null,
            ("OLLAMA_URL", $"{one.BaseAddress},{two.BaseAddress}"), ("OLLAMA_MAX_ATTEMPTS", "1"));
        await Eventually.NotNull(async () => (await NamesAsync(proxy, "/api/tags", "models", "name")).Count() == 2 ? "" : null, "both to be known");

        for (var call = 0; call < 3; call++)
        {
            using var response = await proxy.Client.SendAsync(CallTests.Post(path, body));
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.Equal(1, (await proxy.StatusAsync(CallTests.IdOf(response))).GetProperty("attempts").GetInt32());
        }
        Assert.Equal(3, two.Requests.Count);
        Assert.InRange(one.Requests.Count, 0, 1);
    }

    [Fact]
    public async Task Prompts_for_invented_models_hold_up_no_call_for_one_that_is_there()
    {
        var (refused, refusedBefore) = (0, -1);
        await using var ollama = await RawOllama.AnswerAllAsync(async context =>
        {
            if (HttpMethods.IsGet(context.Request.Method))
            {
                await context.Response.WriteAsync(context.Request.Path == "/api/version" ? """{"version":"0.33.0"}""" : """{"models":[{"name":"tiny:latest"}]}""");
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
        using var batch = await proxy.Client.PostAsJsonAsync("/api/v1/prompts", Enumerable.Range(0, 5_000).Select(number => new { prompt = "hi", model = $"invented-{number}", priority = 50 }));
        Assert.True(batch.IsSuccessStatusCode);
        await Eventually.True(() => Volatile.Read(ref refused) > 0);
        refusedBefore = -1;
        var atStart = Volatile.Read(ref refused);

        using var call = await proxy.Client.SendAsync(CallTests.Post("/api/generate", """{"model":"tiny","prompt":"hi"}"""));

        Assert.Equal(HttpStatusCode.OK, call.StatusCode);
        Assert.InRange(refusedBefore - atStart, 0, 200);
    }

    [Fact]
    public async Task A_model_that_no_list_names_runs_however_many_that_have_to_wait_are_before_it()
    {
        await using var ollama = await UnlistedAsync(async context =>
        {
            using var body = await JsonDocument.ParseAsync(context.Request.Body);
            if (CallTests.Text(body.RootElement, "model") == "hidden")
            {
                await context.Response.Body.WriteAsync(RawOllama.Line("hi", done: true));
                return;
            }
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            await context.Response.WriteAsync("""{"error":"model not found"}""".Replace("model", $"model '{CallTests.Text(body.RootElement, "model")}'", StringComparison.Ordinal));
        });
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Server, null,
            ("OLLAMA_URL", ollama.Url), ("OLLAMA_CONCURRENCY", "4"), ("OLLAMA_PROXY_WAIT_FOR_MODEL", "true"));
        using var batch = await proxy.Client.PostAsJsonAsync("/api/v1/prompts", Enumerable.Range(0, 300).Select(number => new { prompt = "hi", model = $"later-{number}" }));
        Assert.True(batch.IsSuccessStatusCode);

        Assert.Equal("completed", CallTests.Text(await proxy.ResultAsync(await proxy.SubmitAsync(new { prompt = "hi", model = "hidden" })), "status"));
    }

    [Fact]
    public async Task A_model_that_no_backend_runs_fails_once_all_have_been_asked()
    {
        await using var rig = await StartAsync(["a"], ["b"], settings: ("OLLAMA_MAX_ATTEMPTS", "1"));
        var id = await rig.Proxy.SubmitAsync(new { prompt = "hi", model = "nosuch" });

        var failed = await rig.Proxy.ResultAsync(id);

        Assert.Equal(("failed", "model 'nosuch' not found"), (CallTests.Text(failed, "status"), CallTests.Text(failed, "error")));
        Assert.Equal((1, 1), (rig.One.Requests.Count, rig.Two.Requests.Count));
        var prompt = await rig.Proxy.GetAsync($"/api/v1/prompt/{id}");
        Assert.Equal((1, 2), (prompt.GetProperty("attempts").GetInt32(), prompt.GetProperty("attempt_history").GetArrayLength()));
    }

    [Fact]
    public async Task A_model_that_no_list_names_is_run_elsewhere_while_the_backend_that_lists_it_is_away()
    {
        await using var one = await OllamaSimulator.StartAsync(new() { Models = ["a", "m"] });
        await using var two = await OllamaSimulator.StartAsync(new() { Models = ["b"], UnlistedModels = ["m"] });
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Server, null, ("OLLAMA_URL", $"{one.BaseAddress},{two.BaseAddress}"));
        await Eventually.NotNull(async () => (await NamesAsync(proxy, "/api/tags", "models", "name")).Count() == 3 ? "" : null, "both to be known");
        await one.RefuseAsync();

        Assert.Equal("completed", CallTests.Text(await proxy.ResultAsync(await proxy.SubmitAsync(new { prompt = "hi", model = "m" })), "status"));
    }

    [Fact]
    public async Task A_model_that_is_elsewhere_is_waited_for_while_that_backend_is_away()
    {
        await using var rig = await StartAsync(["a"], ["b"]);
        await rig.Two.RefuseAsync();
        var id = await rig.Proxy.SubmitAsync(new { prompt = "hi", model = "b" });
        await rig.One.Requests.WaitForAsync(1);
        await rig.Proxy.StatusWhenAsync(id, status => CallTests.Text(status, "status") == "queued");

        await rig.Two.AcceptAsync();

        Assert.Equal("completed", CallTests.Text(await rig.Proxy.ResultAsync(id), "status"));
    }

    [Fact]
    public async Task A_model_that_has_just_been_installed_is_found()
    {
        await using var rig = await StartAsync(["a"], ["b"]);
        await rig.Proxy.ResultAsync(await rig.Proxy.SubmitAsync(new { prompt = "hi", model = "a" }));
        rig.Two.AddModel("new");
        await Eventually.NotNull(async () =>
        {
            var result = await rig.Proxy.ResultAsync(await rig.Proxy.SubmitAsync(new { prompt = "hi", model = "new" }));
            return CallTests.Text(result, "status") == "completed" ? "" : null;
        }, "the model to be found");
    }

    [Fact]
    public async Task A_prompt_can_wait_for_its_model()
    {
        await using var rig = await StartAsync(["a"], ["b"], settings: ("OLLAMA_PROXY_WAIT_FOR_MODEL", "true"));
        var id = await rig.Proxy.SubmitAsync(new { prompt = "hi", model = "later" });
        Assert.Equal("completed", CallTests.Text(await rig.Proxy.ResultAsync(await rig.Proxy.SubmitAsync(new { prompt = "hi", model = "a" })), "status"));
        Assert.Equal(("queued", 0), (CallTests.Text(await rig.Proxy.StatusAsync(id), "status"), (await rig.Proxy.StatusAsync(id)).GetProperty("attempts").GetInt32()));

        rig.One.AddModel("later");
        Assert.Equal("completed", CallTests.Text(await rig.Proxy.ResultAsync(id), "status"));
    }

    [Fact]
    public async Task A_call_that_names_no_model_waits_for_none()
    {
        await using var rig = await StartAsync(["a"], ["b"], settings: ("OLLAMA_PROXY_WAIT_FOR_MODEL", "true"));
        using var call = await rig.Proxy.Client.SendAsync(CallTests.Post("/api/generate", """{"prompt":"x"}"""));
        Assert.Equal((HttpStatusCode.NotFound, """{"error":"model '' not found"}"""), (call.StatusCode, await call.Content.ReadAsStringAsync()));
    }

    [Fact]
    public async Task A_model_that_the_settings_keep_from_all_who_have_it_is_not_to_be_had()
    {
        await using var rig = await StartAsync(["b"], ["a", "b"], ";models=b");
        using var call = await rig.Proxy.Client.SendAsync(CallTests.Post("/v1/chat/completions", """{"model":"a","messages":[{"role":"user","content":"hi"}]}"""));
        Assert.Equal((HttpStatusCode.NotFound, 0), (call.StatusCode, rig.Two.Requests.Count));
        Assert.Contains("model 'a' not found", await call.Content.ReadAsStringAsync(), StringComparison.Ordinal);

        // Also where there is nobody to say so.
        await rig.One.RefuseAsync();
        using var alone = await rig.Proxy.Client.SendAsync(CallTests.Post("/api/generate", """{"model":"a","prompt":"hi"}"""));
        Assert.Equal((HttpStatusCode.NotFound, """{"error":"model 'a' not found"}""", 0), (alone.StatusCode, await alone.Content.ReadAsStringAsync(), rig.Two.Requests.Count));
    }

    [Fact]
    public async Task A_call_that_names_no_model_is_told_so_by_Ollama_whatever_the_settings_keep_from_it()
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Server);
        await proxy.RestartAsync(("OLLAMA_URL", $"{proxy.Ollama.BaseAddress};models=tiny"));
        using var call = await proxy.Client.SendAsync(CallTests.Post("/api/chat", """{"messages":[{"role":"user","content":"hi"}]}"""));
        Assert.Equal((HttpStatusCode.BadRequest, """{"error":"model is required"}"""), (call.StatusCode, await call.Content.ReadAsStringAsync()));
    }

    [Fact]
    public async Task The_settings_keep_a_model_from_a_backend()
    {
        await using var rig = await StartAsync(["a", "b"], ["a", "b"], ";models=b");
        for (var prompt = 0; prompt < 4; prompt++)
            await rig.Proxy.ResultAsync(await rig.Proxy.SubmitAsync(new { prompt = "hi", model = "a" }));
        Assert.Equal((4, 0), (rig.One.Requests.Count, rig.Two.Requests.Count));
    }

    [Fact]
    public async Task Models_are_told_of_as_if_there_were_one_Ollama()
    {
        await using var rig = await StartAsync(["a", "both"], ["b", "both"]);
        Assert.Equal(["a:latest", "b:latest", "both:latest"], await NamesAsync("/api/tags", "models", "name"));
        Assert.Equal(["a:latest", "b:latest", "both:latest"], await NamesAsync("/v1/models", "data", "id"));
        Assert.Equal(["a:latest", "b:latest", "both:latest"], await NamesAsync("/api/v1/models", "models", "name"));
        await rig.Proxy.ResultAsync(await rig.Proxy.SubmitAsync(new { prompt = "hi", model = "a" }));
        await rig.Proxy.ResultAsync(await rig.Proxy.SubmitAsync(new { prompt = "hi", model = "b" }));
        Assert.Equal(["a:latest", "b:latest"], await NamesAsync("/api/ps", "models", "name"));
        Assert.Equal(2, (await rig.Proxy.GetAsync("/api/v1/stats")).GetProperty("backends").GetArrayLength());

        foreach (var model in new[] { "a", "b" })
        {
            using var show = await rig.Proxy.Client.PostAsJsonAsync("/api/show", new { model });
            Assert.Equal(HttpStatusCode.OK, show.StatusCode);
            using var one = await rig.Proxy.Client.GetAsync($"/v1/models/{model}");
            Assert.Equal(HttpStatusCode.OK, one.StatusCode);
        }
        using var unknown = await rig.Proxy.Client.PostAsJsonAsync("/api/show", new { model = "nosuch" });
        Assert.Equal((HttpStatusCode.NotFound, """{"error":"model 'nosuch:latest' not found"}"""), (unknown.StatusCode, await unknown.Content.ReadAsStringAsync()));

        Task<IEnumerable<string?>> NamesAsync(string path, string list, string name) => BackendsTests.NamesAsync(rig.Proxy, path, list, name);
    }

    [Fact]
    public async Task A_model_is_not_said_to_be_missing_while_a_backend_that_may_have_it_is_away()
    {
        await using var rig = await StartAsync(["a"], ["b"]);
        await rig.Two.RefuseAsync();
        foreach (var (model, status) in new[] { ("a", HttpStatusCode.OK), ("b", HttpStatusCode.ServiceUnavailable), ("nosuch", HttpStatusCode.NotFound) })
        {
            using var show = await rig.Proxy.Client.PostAsJsonAsync("/api/show", new { model });
            using var one = await rig.Proxy.Client.GetAsync($"/v1/models/{model}");
            Assert.Equal((model, status, status), (model, show.StatusCode, one.StatusCode));
        }
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
                await context.Response.WriteAsync(HttpMethods.IsGet(context.Request.Method) ? """{"models":[{"name":"b"}]}""" : """{"license":"b"}""");
        });
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Server, null, ("OLLAMA_URL", $"{known.BaseAddress},{unknown.Url}"));
        // After some seconds without an answer it is known to be away: a busy machine may need another start.
        await Eventually.NotNull(async () =>
        {
            await proxy.RestartAsync();
            Assert.Equal("completed", CallTests.Text(await proxy.ResultAsync(await proxy.SubmitAsync(new { prompt = "hi", model = "a" })), "status"));
            var names = await NamesAsync(proxy, "/api/tags", "models", "name");
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
        Assert.Equal("completed", CallTests.Text(await proxy.ResultAsync(await proxy.SubmitAsync(new { prompt = "hi", model = "a" })), "status"));

        // As long as an Ollama that is known may take is a minute.
        Assert.Equal(["a:latest"], await NamesAsync(proxy, "/api/tags", "models", "name").WaitAsync(TimeSpan.FromSeconds(40)));
    }

    [Fact]
    public async Task Of_a_backend_nothing_is_told_that_it_is_not_to_be_used_for()
    {
        await using var one = await OllamaSimulator.StartAsync(new() { Models = ["a", "both"] });
        await using var two = await OllamaSimulator.StartAsync(new() { Models = ["tiny", "both", "other"] });
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Server, null, ("OLLAMA_URL", $"{two.BaseAddress};models=tiny"));
        Assert.Equal(["tiny:latest"], await NamesAsync(proxy, "/api/tags", "models", "name"));
        Assert.Equal(["tiny:latest"], await NamesAsync(proxy, "/v1/models", "data", "id"));
        Assert.Equal(["tiny:latest"], await NamesAsync(proxy, "/api/v1/models", "models", "name"));
        using var other = await proxy.Client.PostAsJsonAsync("/api/show", new { model = "other" });
        Assert.Equal((HttpStatusCode.NotFound, """{"error":"model 'other' not found"}"""), (other.StatusCode, await other.Content.ReadAsStringAsync()));
        using var compatible = await proxy.Client.GetAsync("/v1/models/other");
        Assert.Equal(HttpStatusCode.NotFound, compatible.StatusCode);
        Assert.Equal("model 'other' not found", CallTests.Text((await compatible.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error"), "message"));

        await proxy.RestartAsync(("OLLAMA_URL", $"{one.BaseAddress},{two.BaseAddress};models=tiny"));
        await Eventually.NotNull(async () => (await NamesAsync(proxy, "/api/tags", "models", "name")).SequenceEqual(["a:latest", "both:latest", "tiny:latest"]) ? "" : null, "both to be known");
        using var still = await proxy.Client.PostAsJsonAsync("/api/show", new { model = "other" });
        Assert.Equal(HttpStatusCode.NotFound, still.StatusCode);

        await proxy.RestartAsync(("OLLAMA_URL", two.BaseAddress.ToString()));
        using var direct = new HttpClient { BaseAddress = two.BaseAddress };
        Assert.Equal(await direct.GetByteArrayAsync("/api/tags"), await proxy.Client.GetByteArrayAsync("/api/tags"));
    }

    [Fact]
    public async Task A_model_is_deleted_wherever_it_is()
    {
        await using var rig = await StartAsync(["a", "both"], ["b", "both"], settings: ("OLLAMA_PROXY_ALLOW_MODEL_MANAGEMENT", "true"));
        Assert.Equal(HttpStatusCode.OK, await DeleteAsync("both"));
        Assert.Equal(["a:latest", "b:latest"], await NamesAsync(rig.Proxy, "/api/tags", "models", "name"));
        Assert.Equal(HttpStatusCode.NotFound, await DeleteAsync("both"));
        Assert.Equal(HttpStatusCode.OK, await DeleteAsync("b"));
        Assert.Equal(["a:latest"], await NamesAsync(rig.Proxy, "/api/tags", "models", "name"));

        async Task<HttpStatusCode> DeleteAsync(string model)
        {
            using var response = await rig.Proxy.Client.SendAsync(new(HttpMethod.Delete, "/api/delete") { Content = JsonContent.Create(new { model }) });
            return response.StatusCode;
        }
    }

    [Fact]
    public async Task The_version_is_the_lowest()
    {
        await using var one = await OllamaSimulator.StartAsync(new() { Version = "0.33.0-rc2" });
        await using var two = await OllamaSimulator.StartAsync(new() { Version = "0.9.1" });
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Server, null, ("OLLAMA_URL", $"{one.BaseAddress},{two.BaseAddress}"));
        Assert.Equal("0.9.1", CallTests.Text(await proxy.GetAsync("/api/version"), "version"));
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

    [Theory]
    [MemberData(nameof(ProxyHosts.Names), MemberType = typeof(ProxyHosts))]
    public async Task Models_are_managed_where_the_settings_allow_it(string host)
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host), null, ("OLLAMA_PROXY_ALLOW_MODEL_MANAGEMENT", "true"));
        var pulled = await SendAsync(HttpMethod.Post, "/api/pull", """{"model":"fresh"}""");
        Assert.EndsWith("""{"status":"success"}""", (await pulled.Content.ReadAsStringAsync()).TrimEnd(), StringComparison.Ordinal);
        Assert.Equal("application/x-ndjson", pulled.Content.Headers.ContentType!.MediaType);
        Assert.Contains("fresh", await proxy.Client.GetStringAsync("/api/tags"), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(HttpMethod.Post, "/api/copy", """{"source":"fresh","destination":"copied"}""")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(HttpMethod.Delete, "/api/delete", """{"model":"fresh"}""")).StatusCode);
        var missing = await SendAsync(HttpMethod.Delete, "/api/delete", """{"model":"fresh"}""");
        Assert.Equal((HttpStatusCode.NotFound, """{"error":"model 'fresh' not found"}"""), (missing.StatusCode, await missing.Content.ReadAsStringAsync()));

        foreach (var (origin, allowed) in new[] { ("http://evil.example", false), ("null", false), ("http://localhost:3000", true), ("http://127.0.0.1", true) })
            Assert.Equal(allowed ? HttpStatusCode.OK : HttpStatusCode.Forbidden, (await SendAsync(HttpMethod.Post, "/api/pull", """{"model":"fresh"}""", origin)).StatusCode);

        async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string body, string? origin = null)
        {
            var request = new HttpRequestMessage(method, path) { Content = new StringContent(body) };
            if (origin is not null)
                request.Headers.Add("Origin", origin);
            return await proxy.Client.SendAsync(request);
        }
    }

    /// <summary>An Ollama whose list is empty.</summary>
    private static Task<RawOllama> UnlistedAsync(RequestDelegate answer) => RawOllama.AnswerAllAsync(async context =>
    {
        if (HttpMethods.IsGet(context.Request.Method))
            await context.Response.WriteAsync(context.Request.Path == "/api/version" ? """{"version":"0.33.0"}""" : """{"models":[]}""");
        else
            await answer(context);
    });

    private static async Task<IEnumerable<string?>> NamesAsync(RunningProxy proxy, string path, string list, string name) =>
        (await proxy.GetAsync(path)).GetProperty(list).EnumerateArray().Select(model => CallTests.Text(model, name)).Order();

    private static async Task<Rig> StartAsync(string[] one, string[] two, string optionsOfTwo = "", params (string Name, string Value)[] settings)
    {
        var (first, second) = (await OllamaSimulator.StartAsync(new() { Models = one }), await OllamaSimulator.StartAsync(new() { Models = two }));
        var proxy = await RunningProxy.StartAsync(ProxyHosts.Server, null, [("OLLAMA_URL", $"{first.BaseAddress},{second.BaseAddress}{optionsOfTwo}"), .. settings]);
        var ofTwo = optionsOfTwo.Split("models=") is [_, var only] ? two.Intersect(only.Split('|')) : two;
        // Both are known from then on.
        await Eventually.NotNull(async () => (await proxy.GetAsync("/api/v1/models")).GetProperty("models").GetArrayLength() == one.Union(ofTwo).Count() ? "" : null, "both to be known");
        return new(proxy, first, second);
    }

    private sealed record Rig(RunningProxy Proxy, OllamaSimulator One, OllamaSimulator Two) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await One.DisposeAsync();
            await Two.DisposeAsync();
            await Proxy.DisposeAsync();
        }
    }
}
