using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using OllamaProxy.Api;
using OllamaProxy.Simulator.Faults;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Api.Calls;

/// <summary>Heartbeats for clients that wait for their turn: <c>OLLAMA_PROXY_KEEPALIVE_SECONDS</c>.</summary>
public sealed class HeartbeatTests
{
    private const string Lines = "application/x-ndjson";
    private const string Json = "application/json; charset=utf-8";
    private const string Events = "text/event-stream";

    /// <summary>A call, and the form that it asks for.</summary>
    public static TheoryData<string, string, string> Calls => new()
    {
        { "/api/generate", """{"model":"tiny","prompt":"hi"}""", Lines },
        { "/api/generate", """{"model":"tiny","prompt":"hi","stream":true}""", Lines },
        { "/api/generate", """{"model":"tiny","prompt":"hi","stream":null}""", Lines },
        { "/api/generate", """{"model":"tiny","prompt":"hi","stream":false}""", Json },
        { "/api/chat", """{"model":"tiny","messages":[{"role":"user","content":"hi"}]}""", Lines },
        { "/api/chat", """{"model":"tiny","messages":[{"role":"user","content":"hi"}],"stream":false}""", Json },
        { "/api/embed", """{"model":"tiny","input":"hi"}""", Json },
        { "/api/embeddings", """{"model":"tiny","prompt":"hi","stream":true}""", Json },
        { "/v1/chat/completions", """{"model":"tiny","messages":[{"role":"user","content":"hi"}]}""", Json },
        { "/v1/chat/completions", """{"model":"tiny","messages":[{"role":"user","content":"hi"}],"stream":true}""", Events },
        { "/v1/completions", """{"model":"tiny","prompt":"hi","stream":true}""", Events },
        { "/v1/completions", """{"model":"tiny","prompt":"hi","stream":false}""", Json },
        { "/v1/embeddings", """{"model":"tiny","input":"hi"}""", Json },
        { "/v1/responses", """{"model":"tiny","input":"hi"}""", Json },
        { "/v1/responses", """{"model":"tiny","input":"hi","stream":true}""", Events },
        { "/v1/messages", """{"model":"tiny","max_tokens":9,"messages":[{"role":"user","content":"hi"}]}""", Json },
        { "/v1/messages", """{"model":"tiny","max_tokens":9,"messages":[{"role":"user","content":"hi"}],"stream":true}""", Events },
    };

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task A_call_that_waits_gets_the_head_and_signs_of_life_and_then_its_answer(string path, string body, string type)
    {
        await using var proxy = await StartAsync(nameof(ProxyHosts.Server));
        using var direct = new HttpClient { BaseAddress = proxy.Ollama.BaseAddress };
        using var without = await direct.SendAsync(CallTests.Post(path, body));
        using var blocker = await BlockAsync(proxy);

        using var response = await proxy.Client.SendAsync(CallTests.Post(path, body), HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal((HttpStatusCode.OK, type), (response.StatusCode, response.Content.Headers.ContentType!.ToString()));
        Assert.Equal("queued", CallTests.Text(await proxy.StatusAsync(CallTests.IdOf(response)), "status"));
        using var stream = await response.Content.ReadAsStreamAsync();
        var signs = new byte[30];
        await stream.ReadExactlyAsync(signs);
        Assert.Equal(type == Events ? "waiting" : "", Encoding.UTF8.GetString(signs).Trim(' ', ':', '\n').Split("\n\n: ")[0]);
        blocker.Dispose();

        var answer = await new StreamReader(stream).ReadToEndAsync();
        if (type == Events)
            answer = answer[answer.IndexOf(path is "/v1/messages" or "/v1/responses" ? "event: " : "data: ", StringComparison.Ordinal)..];
        var expected = await without.Content.ReadAsStringAsync();
        Assert.Equal(BeginningsOf(expected, type), BeginningsOf(answer.TrimStart(), type));
        Assert.Equal("completed", CallTests.Text(await proxy.ResultAsync(CallTests.IdOf(response)), "status"));
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task What_goes_wrong_once_the_head_is_out_is_told_in_the_body(string path, string body, string type)
    {
        await using var proxy = await StartAsync(nameof(ProxyHosts.Server));
        using var blocker = await BlockAsync(proxy);
        using var response = await proxy.Client.SendAsync(CallTests.Post(path, body), HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal((HttpStatusCode.OK, type), (response.StatusCode, response.Content.Headers.ContentType!.ToString()));
        proxy.Ollama.Faults.Enqueue(Fault.Status(400, "this is not for me"));
        blocker.Dispose();

        var answer = await response.Content.ReadAsStringAsync();
        var error = answer.TrimEnd('\n').Split('\n')[^1];
        var isNamed = type == Events && (path is "/v1/messages" or "/v1/responses");
        Assert.Equal(isNamed, answer.Contains("event: error\ndata: ", StringComparison.Ordinal));
        var data = JsonSerializer.Deserialize<JsonElement>(type == Events ? error["data: ".Length..] : error);
        var message = path switch
        {
            "/v1/responses" when type == Events => data,
            _ when path.StartsWith("/v1", StringComparison.Ordinal) => data.GetProperty("error"),
            _ => data,
        };
        Assert.Equal("this is not for me", CallTests.Text(message, path.StartsWith("/v1", StringComparison.Ordinal) ? "message" : "error"));
        Assert.Equal("failed", CallTests.Text(await proxy.ResultAsync(CallTests.IdOf(response)), "status"));
    }

    [Theory]
    [InlineData(nameof(ProxyHosts.Server))]
    [InlineData(nameof(ProxyHosts.Functions))]
    public async Task What_passes_is_still_tried_again_unseen_once_the_head_is_out(string host)
    {
        await using var proxy = await StartAsync(host);
        using var blocker = await BlockAsync(proxy);
        proxy.Ollama.Faults.Enqueue(Fault.Status(500, "llama runner process has terminated"), 2);
        using var response = await proxy.Client.SendAsync(CallTests.Post("/api/generate", """{"model":"tiny","prompt":"hi"}"""),
            HttpCompletionOption.ResponseHeadersRead);
        blocker.Dispose();

        var answer = await response.Content.ReadAsStringAsync();
        Assert.DoesNotContain("error", answer, StringComparison.Ordinal);
        Assert.Contains("\"done\":true", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(nameof(ProxyHosts.Server), "cancel", "It was cancelled.")]
    [InlineData(nameof(ProxyHosts.Server), "delete", "The prompt was deleted.")]
    [InlineData(nameof(ProxyHosts.Functions), "cancel", "It was cancelled.")]
    public async Task Who_waits_with_the_head_out_is_told_that_others_ended_the_prompt(string host, string how, string message)
    {
        await using var proxy = await StartAsync(host);
        using var blocker = await BlockAsync(proxy);
        using var response = await proxy.Client.SendAsync(
            CallTests.Post("/v1/chat/completions", """{"model":"tiny","messages":[],"stream":true}"""),
                HttpCompletionOption.ResponseHeadersRead);
        var id = CallTests.IdOf(response);

        using var _ = how == "cancel" ? await proxy.Client.PostAsync($"/api/v1/prompt/{id}/cancel", null)
            : await proxy.Client.DeleteAsync($"/api/v1/prompt/{id}");

        var last = (await response.Content.ReadAsStringAsync()).TrimEnd('\n').Split('\n')[^1];
        Assert.Equal(message,
            CallTests.Text(JsonSerializer.Deserialize<JsonElement>(last["data: ".Length..]).GetProperty("error"), "message"));
    }

    [Theory]
    [InlineData("/api/chat", """{"model":"tiny","messages":[]}""", Lines)]
    [InlineData("/v1/responses", """{"model":"tiny","input":"hi","stream":true}""", Events)]
    [InlineData("/v1/messages", """{"model":"tiny","max_tokens":9,"messages":[],"stream":true}""", Events)]
    public async Task A_shutdown_tells_who_waits_with_the_head_out(string path, string body, string type)
    {
        await using var proxy = await StartAsync(nameof(ProxyHosts.Server));
        using var blocker = await BlockAsync(proxy);
        using var response = await proxy.Client.SendAsync(CallTests.Post(path, body), HttpCompletionOption.ResponseHeadersRead);
        var reading = response.Content.ReadAsStringAsync();

        var stopping = Task.Run(proxy.StopInstanceAsync);

        var answer = await reading;
        ShutdownError.AssertTold(path, type, type == Lines
            ? answer.TrimStart(' ') : answer[(answer.LastIndexOf(": waiting\n\n", StringComparison.Ordinal) + ": waiting\n\n".Length)..]);
        blocker.Dispose();
        await stopping;
    }

    [Fact]
    public async Task A_process_that_only_serves_gives_signs_of_life_as_well()
    {
        await using var worker = await StartAsync(nameof(ProxyHosts.Server));
        using var blocker = await BlockAsync(worker);
        await using var serving = await RunningProxy.StartAsync(ProxyHosts.Server, null,
            ("OLLAMA_PROXY_WORKER", "0"), worker.SharedStore, ("OLLAMA_PROXY_KEEPALIVE_SECONDS", "0.05"));
        using var response = await serving.Client.SendAsync(CallTests.Post("/api/generate", """{"model":"tiny","prompt":"hi"}"""),
            HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal("queued", CallTests.Text(await serving.StatusAsync(CallTests.IdOf(response)), "status"));
        blocker.Dispose();

        var answer = await response.Content.ReadAsStringAsync();
        Assert.StartsWith(" ", answer, StringComparison.Ordinal);
        Assert.Contains("\"done\":true", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task On_a_host_that_gives_up_after_a_silence_signs_of_life_count()
    {
        var host = InProcess.Host(args => Functions.TriggerApplication.Create(args, new HostLimits(TimeSpan.FromSeconds(4))));
        await using var proxy = await RunningProxy.StartAsync(host, null, ("OLLAMA_PROXY_KEEPALIVE_SECONDS", "0.05"));
        using var client = new TcpClient(proxy.Client.BaseAddress!.Host, proxy.Client.BaseAddress.Port);
        proxy.Ollama.Faults.Enqueue(Fault.Hang);
        using var response = await proxy.Client.SendAsync(CallTests.Post("/api/generate", """{"model":"tiny","prompt":"hi"}"""),
            HttpCompletionOption.ResponseHeadersRead);
        using var stream = await response.Content.ReadAsStreamAsync();

        // At a sign each 50 ms, these take longer than the host lets anybody wait in silence.
        await stream.ReadExactlyAsync(new byte[100]);

        Assert.Equal("processing", CallTests.Text(await proxy.StatusAsync(CallTests.IdOf(response)), "status"));
    }

    /// <summary>Texts that differ in ids and times only are alike.</summary>
    private static List<string> BeginningsOf(string answer, string type) => type == Json
        ? [.. JsonSerializer.Deserialize<JsonElement>(answer).EnumerateObject().Select(member => member.Name)]
        : [.. answer.TrimEnd('\n').Split('\n').Select(line => line.Length > 12 ? line[..12] : line)];

    private static Task<RunningProxy> StartAsync(string host) => RunningProxy.StartAsync(
        ProxyHosts.Named(host), null, ("OLLAMA_PROXY_KEEPALIVE_SECONDS", "0.02"), ("OLLAMA_POLL_INTERVAL", "0.05"));

    /// <summary>Keeps the only slot until it is disposed of.</summary>
    private static async Task<HttpResponseMessage> BlockAsync(RunningProxy proxy)
    {
        proxy.Ollama.Faults.Enqueue(Fault.Stall(1));
        var response = await proxy.Client.SendAsync(CallTests.Post("/api/generate", """{"model":"tiny","prompt":"blocks"}"""),
            HttpCompletionOption.ResponseHeadersRead);
        // Its head may have come with a heartbeat: it has the slot, and the fault is its own, once there is a token.
        var stream = await response.Content.ReadAsStreamAsync();
        var next = new byte[1];
        do
            await stream.ReadExactlyAsync(next);
        while (next[0] is (byte)' ');
        return response;
    }
}
