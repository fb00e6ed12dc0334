using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using OllamaProxy.Tests.Support;
using OllamaProxy.Tests.Support.Backends;

namespace OllamaProxy.Tests.Api.Calls;

/// <summary>How large calls and their answers may be, how many may wait, and what the settings say of calls.</summary>
public sealed class CallLimitTests
{
    [Theory]
    [MemberData(nameof(ProxyHosts.Names), MemberType = typeof(ProxyHosts))]
    public async Task A_large_call_and_a_large_answer_pass(string host)
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host));
        var image = Convert.ToBase64String(new byte[8 * 1024 * 1024]);
        var messages = $$"""[{"role":"user","content":"look","images":["{{image}}"]}]""";
        using var response = await CallRig.PostAsync(proxy, "/api/chat",
            $$"""{"model":"tiny","messages":{{messages}},"options":{"simulator_tokens":50000} }""");
        var answer = await response.Content.ReadAsStringAsync();
        Assert.Equal(50_001, answer.AsSpan().Count('\n'));
        Assert.True(proxy.Ollama.Requests.All.Single().Body.Length > 10 * 1024 * 1024);
    }

    [Fact]
    public async Task A_line_without_an_end_is_cut_off_at_a_limit()
    {
        var piece = Encoding.ASCII.GetBytes(new string('x', 1024 * 1024));
        await using var ollama = await RawOllama.StartAsync(async call =>
        {
            call.Context.Response.ContentType = "application/x-ndjson";
            while (!call.Gone.IsCancellationRequested)
                await call.SendAsync(piece);
        });
        await using var proxy = await CallRig.StartAsync(("OLLAMA_URL", ollama.Url));

        using var response = await CallRig.PostAsync(proxy, "/api/generate", CallRig.Streamed);

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        Assert.Equal(
            "The answer is longer than 268435456 bytes, and was cut off.",
            CallTests.Text(await response.Content.ReadFromJsonAsync<JsonElement>(), "error"));
        Assert.Equal(1, ollama.Requests);
    }

    [Fact]
    public async Task A_full_queue_is_429_in_the_words_of_the_API()
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Server, null, ("OLLAMA_PROXY_WORKER", "0"),
            ("OLLAMA_PROXY_MAX_QUEUED", "1"));
        await proxy.SubmitAsync(new { prompt = "in the way" });

        using var ollama = await CallRig.PostAsync(proxy, "/api/generate", CallRig.Whole);
        Assert.Equal(HttpStatusCode.TooManyRequests, ollama.StatusCode);
        Assert.True(ollama.Headers.RetryAfter?.Delta >= TimeSpan.FromSeconds(1));
        Assert.NotEmpty(CallTests.Text(await ollama.Content.ReadFromJsonAsync<JsonElement>(), "error")!);
        using var openAI = await CallRig.PostAsync(proxy, "/v1/chat/completions", CallRig.Whole);
        Assert.Equal(
            "rate_limit_error", CallTests.Text((await openAI.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error"), "type"));
        using var anthropic = await CallRig.PostAsync(proxy, "/v1/messages", CallRig.Whole);
        var error = await anthropic.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal(("error", "rate_limit_error"), (CallTests.Text(error, "type"), CallTests.Text(error.GetProperty("error"), "type")));
    }

    [Fact]
    public async Task The_settings_say_which_priority_calls_have()
    {
        await using var proxy = await CallRig.StartAsync(("OLLAMA_PROXY_INTERACTIVE_PRIORITY", "33"));
        using var response = await CallRig.PostAsync(proxy, "/api/generate", CallRig.Whole);
        Assert.Equal(33, (await proxy.StatusAsync(CallTests.IdOf(response))).GetProperty("priority").GetInt32());
    }

    [Fact]
    public async Task What_the_settings_say_of_keep_alive_goes_into_calls_that_say_nothing()
    {
        await using var proxy = await CallRig.StartAsync(("OLLAMA_KEEP_ALIVE", "10m"));
        foreach (var (path, body, expected) in new[]
        {
            ("/api/generate", """ {"model":"tiny"}""", """ {"keep_alive":"10m","model":"tiny"}"""),
            ("/api/chat", "{}", """{"keep_alive":"10m"}"""),
            ("/api/generate", """{"model":"tiny","keep_alive":0}""", """{"model":"tiny","keep_alive":0}"""),
            ("/v1/completions", """{"model":"tiny","prompt":"x"}""", """{"model":"tiny","prompt":"x"}"""),
            ("/api/generate", "{", "{"),
            ("/api/chat", """{"keep_alive":null}""", """{"keep_alive":"10m"}"""),
            ("/api/generate", """{"model":"tiny", "keep_alive" : null ,"raw":true}""",
                """{"model":"tiny", "keep_alive" : "10m" ,"raw":true}"""),
            ("/api/embed", """{"Keep_Alive":null,"input":[{"keep_alive":"1m"}]}""",
                """{"Keep_Alive":"10m","input":[{"keep_alive":"1m"}]}"""),
            ("/api/generate", """{"keep_alive":"1m","keep_alive":null}""", """{"keep_alive":"1m","keep_alive":"10m"}"""),
            ("/api/generate", """{"keep_alive":null,"keep_alive":"1m"}""", """{"keep_alive":null,"keep_alive":"1m"}"""),
            ("/api/generate", """{"options":{"keep_alive":null}}""", """{"keep_alive":"10m","options":{"keep_alive":null}}"""),
            ("/api/chat", """{"keep_alive":-1}""", """{"keep_alive":-1}"""),
            ("/v1/chat/completions", """{"keep_alive":null}""", """{"keep_alive":null}"""),
            ("/api/generate", """{"keep_alive":null} x""", """{"keep_alive":null} x"""),
        })
        {
            using var response = await CallRig.PostAsync(proxy, path, body);
            Assert.Equal(expected, Encoding.UTF8.GetString(proxy.Ollama.Requests.All[^1].Body.Span));
        }
    }
}
