using System.Net;
using System.Text.Json;
using OllamaProxy.Simulator;
using OllamaProxy.Simulator.Faults;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Api.Calls;

/// <summary>Calls that only unload a model, such as <c>ollama stop</c> makes: they are no work, and wait for nothing.</summary>
public sealed class UnloadTests
{
    [Theory]
    [InlineData("/api/generate", """{"model":"tiny","keep_alive":0}""")]
    [InlineData("/api/generate", """{"model":"tiny","keep_alive":"0"}""")]
    [InlineData("/api/generate", """{"model":"tiny","keep_alive":"0s","prompt":""}""")]
    [InlineData("/api/generate", """{"MODEL":"tiny","Keep_Alive":"0m","prompt":null,"stream":false}""")]
    [InlineData("/api/generate", """{"model":"tiny","keep_alive":0.0}""")]
    [InlineData("/api/chat", """{"model":"tiny","keep_alive":0}""")]
    [InlineData("/api/chat", """{"model":"tiny","messages":[],"keep_alive":"-0h0.0m"}""")]
    public async Task A_model_is_unloaded_at_once_while_a_generation_runs_and_it_is_not_in_the_list(string path, string body)
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Server, new() { Models = ["tiny", "other"] });
        proxy.Ollama.Faults.Enqueue(Fault.Hang);
        await proxy.SubmitAsync(new { prompt = "in the way", model = "other" });
        await proxy.Ollama.Requests.WaitForAsync(1);

        using var response = await proxy.Client.SendAsync(CallTests.Post(path, body));

        Assert.Equal((HttpStatusCode.OK, "unload"),
            (response.StatusCode, CallTests.Text(JsonElement.Parse(await response.Content.ReadAsStringAsync()), "done_reason")));
        Assert.False(response.Headers.Contains("X-Prompt-Id"));
        Assert.Equal(1, (await proxy.GetAsync("/api/v1/prompts")).GetProperty("total").GetInt32());
    }

    [Theory]
    [InlineData("/api/generate", """{"model":"tiny","keep_alive":"5m"}""")]
    [InlineData("/api/generate", """{"model":"tiny","keep_alive":null}""")]
    [InlineData("/api/generate", """{"model":"tiny","keep_alive":-1}""")]
    [InlineData("/api/generate", """{"model":"tiny"}""")]
    [InlineData("/api/generate", """{"model":"tiny","keep_alive":0,"prompt":"hi"}""")]
    [InlineData("/api/chat", """{"model":"tiny","keep_alive":0,"messages":[{"role":"user","content":"hi"}]}""")]
    [InlineData("/api/generate", """{"model":"tiny","keep_alive":0,"prompt":"","Prompt":"hi"}""")]
    [InlineData("/api/embed", """{"model":"tiny","keep_alive":0,"input":"hi"}""")]
    public async Task Whatever_else_a_model_is_asked_for_takes_its_turn(string path, string body)
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Server);
        using var response = await proxy.Client.SendAsync(CallTests.Post(path, body));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("completed", CallTests.Text(await proxy.ResultAsync(CallTests.IdOf(response)), "status"));
    }

    [Theory]
    [MemberData(nameof(ProxyHosts.Names), MemberType = typeof(ProxyHosts))]
    public async Task A_model_is_unloaded_wherever_it_is_loaded(string host)
    {
        await using var one = await OllamaSimulator.StartAsync(new() { Models = ["m"] });
        await using var two = await OllamaSimulator.StartAsync(new() { Models = ["m", "b"] });
        await using var three = await OllamaSimulator.StartAsync(new() { Models = ["c"] });
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host), null,
            ("OLLAMA_URL", $"{one.BaseAddress},{two.BaseAddress},{three.BaseAddress}"));
        foreach (var ollama in new[] { one, two })
        {
            using var direct = new HttpClient { BaseAddress = ollama.BaseAddress };
            using var _ = await direct.PostAsync("/api/generate", new StringContent("""{"model":"m"}"""));
        }

        using var response = await proxy.Client.SendAsync(CallTests.Post("/api/generate", """{"model":"m","keep_alive":0}"""));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(0, (await proxy.GetAsync("/api/ps")).GetProperty("models").GetArrayLength());
        using var unknown = await proxy.Client.SendAsync(CallTests.Post("/api/generate", """{"model":"nosuch","keep_alive":0}"""));
        Assert.Equal((HttpStatusCode.NotFound, """{"error":"model 'nosuch' not found"}"""),
            (unknown.StatusCode, await unknown.Content.ReadAsStringAsync()));
    }
}
