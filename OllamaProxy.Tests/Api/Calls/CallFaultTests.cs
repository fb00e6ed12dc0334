using System.Net;
using OllamaProxy.Simulator;
using OllamaProxy.Simulator.Faults;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Api.Calls;

/// <summary>Calls when Ollama fails, breaks off, is busy or slow.</summary>
public sealed class CallFaultTests
{
    public static TheoryData<string, Fault> Passing => new()
    {
        { CallRig.Streamed, Fault.Status(504, "gateway timeout") },
        { CallRig.Streamed, Fault.Status(500, "llama runner process has terminated") },
        { CallRig.Streamed, Fault.Empty },
        { CallRig.Streamed, Fault.NotJson },
        { CallRig.Streamed, Fault.Cut(0) },
        { CallRig.Whole, Fault.Status(500, "timed out waiting for llama-server to start") },
        { CallRig.Whole, Fault.Cut(3) },
        { CallRig.Whole, Fault.NotJson },
    };

    [Theory]
    [MemberData(nameof(Passing))]
    public async Task What_passes_before_the_first_byte_is_tried_again_unseen(string body, Fault fault)
    {
        await using var proxy = await CallRig.StartAsync();
        proxy.Ollama.Faults.Enqueue(fault, 2);

        using var response = await CallRig.PostAsync(proxy, "/api/generate", body);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Contains("\"done\":true", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(3, proxy.Ollama.Requests.Count);
        var prompt = await proxy.GetAsync($"/api/v1/prompt/{CallTests.IdOf(response)}");
        Assert.All(
            prompt.GetProperty("attempt_history").EnumerateArray(),
            attempt => Assert.Equal(proxy.Ollama.BaseAddress.ToString(), CallTests.Text(attempt, "backend")));
        Assert.Equal(3, prompt.GetProperty("attempt_history").GetArrayLength());
    }

    [Theory]
    [InlineData("/api/generate", CallRig.Streamed, """{"error":"bad gateway"}""")]
    [InlineData("/v1/completions", CallRig.Whole, """{"error":{"message":"bad gateway","type":"api_error","param":null,"code":null}}""")]
    public async Task What_does_not_pass_is_said_in_Ollamas_words(string path, string body, string expected)
    {
        await using var proxy = await CallRig.StartAsync(("OLLAMA_MAX_ATTEMPTS", "2"));
        proxy.Ollama.Faults.Enqueue(Fault.Status(502, "bad gateway"), 2);

        using var response = await CallRig.PostAsync(proxy, path, body);

        Assert.Equal((HttpStatusCode.BadGateway, expected), (response.StatusCode, (await response.Content.ReadAsStringAsync()).TrimEnd()));
        Assert.Equal("false", response.Headers.GetValues("x-should-retry").Single());
        Assert.Equal(2, proxy.Ollama.Requests.Count);
    }

    [Fact]
    public async Task An_error_amid_the_answer_is_passed_on_as_it_is()
    {
        await using var proxy = await SlowAsync();
        proxy.Ollama.Faults.Enqueue(Fault.ErrorLine(3, "an unknown error was met"));

        using var response = await CallRig.PostAsync(proxy, "/api/generate", CallRig.Streamed);
        var lines = (await response.Content.ReadAsStringAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal((4, """{"error":"an unknown error was met"}"""), (lines.Length, lines[^1]));
        var result = await proxy.ResultAsync(CallTests.IdOf(response));
        Assert.Equal(
            ("failed", "an unknown error was met", "This is the"),
            (CallTests.Text(result, "status"), CallTests.Text(result, "error"), CallTests.Text(result, "partial")));
        Assert.Equal(1, proxy.Ollama.Requests.Count);
    }

    [Fact]
    public async Task An_answer_that_breaks_off_breaks_off_for_the_client_and_is_not_tried_again()
    {
        await using var proxy = await SlowAsync();
        proxy.Ollama.Faults.Enqueue(Fault.Cut(3));

        using var response = await CallRig.PostAsync(proxy, "/api/generate", CallRig.Streamed, HttpCompletionOption.ResponseHeadersRead);
        await Assert.ThrowsAsync<HttpRequestException>(() => response.Content.ReadAsStringAsync());

        var result = await proxy.ResultAsync(CallTests.IdOf(response));
        Assert.Equal(("failed", "This is the"), (CallTests.Text(result, "status"), CallTests.Text(result, "partial")));
        Assert.Equal(1, proxy.Ollama.Requests.Count);
    }

    [Theory]
    [InlineData("/api/generate", CallRig.Streamed)]
    [InlineData("/api/generate", CallRig.Whole)]
    [InlineData("/api/chat", """{"model":"tiny","messages":[{"role":"user","content":"hi"}]}""")]
    [InlineData("/api/chat", """{"model":"tiny","messages":[{"role":"user","content":"hi"}],"stream":false}""")]
    [InlineData("/v1/chat/completions", """{"model":"tiny","messages":[{"role":"user","content":"hi"}],"stream":true}""")]
    [InlineData("/v1/messages", """{"model":"tiny","max_tokens":9,"messages":[{"role":"user","content":"hi"}],"stream":true}""")]
    public async Task An_answer_that_ends_cleanly_without_saying_so_is_complete(string path, string body)
    {
        await using var proxy = await CallRig.StartAsync();
        proxy.Ollama.Faults.Enqueue(Fault.NoDone(2));

        using var response = await CallRig.PostAsync(proxy, path, body);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var result = await proxy.ResultAsync(CallTests.IdOf(response));
        Assert.Equal(("completed", "repeat_limit"), (CallTests.Text(result, "status"), CallTests.Text(result, "done_reason")));
        Assert.Equal(1, proxy.Ollama.Requests.Count);
    }

    [Fact]
    public async Task A_busy_Ollama_is_waited_for_and_the_client_never_hears_of_it()
    {
        await using var proxy = await CallRig.StartAsync(("OLLAMA_MAX_ATTEMPTS", "1"));
        proxy.Ollama.Faults.Enqueue(Fault.Status(503, "server busy, please try again.  maximum pending requests exceeded"), 2);

        using var response = await CallRig.PostAsync(proxy, "/api/generate", CallRig.Whole);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(1, (await proxy.StatusAsync(CallTests.IdOf(response))).GetProperty("attempts").GetInt32());
    }

    [Fact]
    public async Task Tokens_come_as_Ollama_sends_them()
    {
        await using var proxy = await CallRig.StartAsync();
        proxy.Ollama.Faults.Enqueue(Fault.Stall(3));

        using var response = await CallRig.PostAsync(proxy, "/v1/chat/completions",
            """{"model":"tiny","messages":[{"role":"user","content":"hi"}],"stream":true}""", HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        for (var token = 0; token < 3; token++)
        {
            Assert.StartsWith("data: {", await reader.ReadLineAsync(), StringComparison.Ordinal);
            Assert.Equal("", await reader.ReadLineAsync());
        }
        Assert.Equal("processing", CallTests.Text(await proxy.StatusAsync(CallTests.IdOf(response)), "status"));
    }

    [Fact]
    public async Task A_whole_answer_may_take_longer_than_the_idle_limit()
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Server, new() { TokensPerSecond = 40 },
            ("OLLAMA_IDLE_TIMEOUT", "0.01"), ("OLLAMA_MAX_ATTEMPTS", "1"));

        using var response = await CallRig.PostAsync(proxy, "/api/generate", CallRig.Whole);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("completed", CallTests.Text(await proxy.ResultAsync(CallTests.IdOf(response)), "status"));
    }

    [Fact]
    public async Task Of_a_whole_answer_no_part_is_kept()
    {
        await using var proxy = await CallRig.StartAsync(("OLLAMA_MAX_ATTEMPTS", "1"));
        proxy.Ollama.Faults.Enqueue(Fault.Cut(3));

        using var response = await CallRig.PostAsync(proxy, "/api/generate", CallRig.Whole);

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        Assert.Equal("false", response.Headers.GetValues("x-should-retry").Single());
        var result = await proxy.ResultAsync(CallTests.IdOf(response));
        Assert.Equal("failed", CallTests.Text(result, "status"));
        Assert.False(result.TryGetProperty("partial", out _));
    }

    /// <summary>With an Ollama that is slow enough for its first token to be read before anything else happens.</summary>
    private static Task<RunningProxy> SlowAsync() => RunningProxy.StartAsync(ProxyHosts.Server, new() { TokensPerSecond = 1 });
}
