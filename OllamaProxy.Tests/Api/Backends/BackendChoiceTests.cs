using System.Net;
using OllamaProxy.Simulator;
using OllamaProxy.Simulator.Faults;
using OllamaProxy.Tests.Api.Calls;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Api.Backends;

/// <summary>Which backend a prompt or call goes to, by its model, and what is said where none has it.</summary>
public sealed class BackendChoiceTests
{
    [Fact]
    public async Task A_prompt_goes_where_its_model_is_and_its_attempts_say_where()
    {
        await using var rig = await TwoBackends.StartAsync(["a"], ["b"]);
        foreach (var (model, backend) in new[] { ("b", rig.Two), ("a", rig.One), ("b:latest", rig.Two) })
        {
            var id = await rig.Proxy.SubmitAsync(new { prompt = "hi", model });
            Assert.Equal("completed", CallTests.Text(await rig.Proxy.ResultAsync(id), "status"));
            var attempt = (await rig.Proxy.GetAsync($"/api/v1/prompt/{id}")).GetProperty("attempt_history").EnumerateArray().Single();
            Assert.Equal(backend.BaseAddress.ToString(), CallTests.Text(attempt, "backend"));
        }
    }

    [Fact]
    public async Task A_model_that_one_backend_no_longer_has_is_asked_for_at_another()
    {
        await using var rig = await TwoBackends.StartAsync(["m", "a"], ["m", "b"]);
        rig.One.RemoveModel("m");
        var id = await rig.Proxy.SubmitAsync(new { prompt = "hi", model = "m" });
        Assert.Equal("completed", CallTests.Text(await rig.Proxy.ResultAsync(id), "status"));
        var attempts = (await rig.Proxy.GetAsync($"/api/v1/prompt/{id}")).GetProperty("attempt_history").EnumerateArray()
            .Select(attempt => CallTests.Text(attempt, "backend"));
        Assert.Equal([$"{rig.One.BaseAddress}", $"{rig.Two.BaseAddress}"], attempts);
    }

    [Fact]
    public async Task A_model_that_all_have_said_they_do_not_have_is_refused_at_once_even_while_all_are_busy()
    {
        await using var rig = await TwoBackends.StartAsync(["a"], ["b"]);
        Assert.Equal(
            "failed",
            CallTests.Text(await rig.Proxy.ResultAsync(await rig.Proxy.SubmitAsync(new { prompt = "hi", model = "nosuch" })), "status"));
        rig.One.Faults.Enqueue(Fault.Hang);
        rig.Two.Faults.Enqueue(Fault.Hang);
        await rig.Proxy.SubmitAsync(new { prompt = "hi", model = "a" });
        await rig.Proxy.SubmitAsync(new { prompt = "hi", model = "b" });
        await rig.One.Requests.WaitForAsync(2);
        await rig.Two.Requests.WaitForAsync(2);

        var failed = await rig.Proxy.ResultAsync(await rig.Proxy.SubmitAsync(new { prompt = "hi", model = "nosuch" }));
        Assert.Equal(("failed", "model 'nosuch' not found"), (CallTests.Text(failed, "status"), CallTests.Text(failed, "error")));
        using var call = await rig.Proxy.Client.SendAsync(CallTests.Post("/api/chat", """{"model":"nosuch","messages":[]}"""));
        Assert.Equal(
            (HttpStatusCode.NotFound, """{"error":"model 'nosuch' not found"}"""),
            (call.StatusCode, await call.Content.ReadAsStringAsync()));
        Assert.Equal((2, 2), (rig.One.Requests.Count, rig.Two.Requests.Count));
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
        await Eventually.NotNull(
            async () => (await TwoBackends.NamesAsync(proxy, "/api/tags", "models", "name")).Count() == 2 ? "" : null,
            "both to be known");

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
    public async Task A_model_that_no_backend_runs_fails_once_all_have_been_asked()
    {
        await using var rig = await TwoBackends.StartAsync(["a"], ["b"], settings: ("OLLAMA_MAX_ATTEMPTS", "1"));
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
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Server, null,
            ("OLLAMA_URL", $"{one.BaseAddress},{two.BaseAddress}"));
        await Eventually.NotNull(
            async () => (await TwoBackends.NamesAsync(proxy, "/api/tags", "models", "name")).Count() == 3 ? "" : null,
            "both to be known");
        await one.RefuseAsync();

        Assert.Equal(
            "completed", CallTests.Text(await proxy.ResultAsync(await proxy.SubmitAsync(new { prompt = "hi", model = "m" })), "status"));
    }

    [Fact]
    public async Task A_model_that_is_elsewhere_is_waited_for_while_that_backend_is_away()
    {
        await using var rig = await TwoBackends.StartAsync(["a"], ["b"]);
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
        await using var rig = await TwoBackends.StartAsync(["a"], ["b"]);
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
        await using var rig = await TwoBackends.StartAsync(["a"], ["b"], settings: ("OLLAMA_PROXY_WAIT_FOR_MODEL", "true"));
        var id = await rig.Proxy.SubmitAsync(new { prompt = "hi", model = "later" });
        Assert.Equal(
            "completed",
            CallTests.Text(await rig.Proxy.ResultAsync(await rig.Proxy.SubmitAsync(new { prompt = "hi", model = "a" })), "status"));
        // Before the lists of models are known, a backend may be asked for it.
        await Eventually.NotNull(async () => await rig.Proxy.StatusAsync(id) is var status
            && (CallTests.Text(status, "status"), status.GetProperty("attempts").GetInt32()) == ("queued", 0) ? "" : null);

        rig.One.AddModel("later");
        Assert.Equal("completed", CallTests.Text(await rig.Proxy.ResultAsync(id), "status"));
    }

    [Fact]
    public async Task A_call_that_names_no_model_waits_for_none()
    {
        await using var rig = await TwoBackends.StartAsync(["a"], ["b"], settings: ("OLLAMA_PROXY_WAIT_FOR_MODEL", "true"));
        using var call = await rig.Proxy.Client.SendAsync(CallTests.Post("/api/generate", """{"prompt":"x"}"""));
        Assert.Equal(
            (HttpStatusCode.NotFound, """{"error":"model '' not found"}"""), (call.StatusCode, await call.Content.ReadAsStringAsync()));
    }

    [Fact]
    public async Task A_model_that_the_settings_keep_from_all_who_have_it_is_not_to_be_had()
    {
        await using var rig = await TwoBackends.StartAsync(["b"], ["a", "b"], ";models=b");
        using var call = await rig.Proxy.Client.SendAsync(
            CallTests.Post("/v1/chat/completions", """{"model":"a","messages":[{"role":"user","content":"hi"}]}"""));
        Assert.Equal((HttpStatusCode.NotFound, 0), (call.StatusCode, rig.Two.Requests.Count));
        Assert.Contains("model 'a' not found", await call.Content.ReadAsStringAsync(), StringComparison.Ordinal);

        // Also where there is nobody to say so.
        await rig.One.RefuseAsync();
        using var alone = await rig.Proxy.Client.SendAsync(CallTests.Post("/api/generate", """{"model":"a","prompt":"hi"}"""));
        Assert.Equal(
            (HttpStatusCode.NotFound, """{"error":"model 'a' not found"}""", 0),
            (alone.StatusCode, await alone.Content.ReadAsStringAsync(), rig.Two.Requests.Count));
    }

    [Fact]
    public async Task A_call_that_names_no_model_is_told_so_by_Ollama_whatever_the_settings_keep_from_it()
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Server);
        await proxy.RestartAsync(("OLLAMA_URL", $"{proxy.Ollama.BaseAddress};models=tiny"));
        using var call = await proxy.Client.SendAsync(CallTests.Post("/api/chat", """{"messages":[{"role":"user","content":"hi"}]}"""));
        Assert.Equal(
            (HttpStatusCode.BadRequest, """{"error":"model is required"}"""), (call.StatusCode, await call.Content.ReadAsStringAsync()));
    }

    [Fact]
    public async Task The_settings_keep_a_model_from_a_backend()
    {
        await using var rig = await TwoBackends.StartAsync(["a", "b"], ["a", "b"], ";models=b");
        for (var prompt = 0; prompt < 4; prompt++)
            await rig.Proxy.ResultAsync(await rig.Proxy.SubmitAsync(new { prompt = "hi", model = "a" }));
        Assert.Equal((4, 0), (rig.One.Requests.Count, rig.Two.Requests.Count));
    }
}
