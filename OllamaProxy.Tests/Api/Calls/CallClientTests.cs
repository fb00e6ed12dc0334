using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using OllamaProxy.Api;
using OllamaProxy.Simulator;
using OllamaProxy.Simulator.Faults;
using OllamaProxy.Tests.Functions;
using OllamaProxy.Tests.Support;
using OllamaProxy.Tests.Support.Backends;

namespace OllamaProxy.Tests.Api.Calls;

/// <summary>Clients of calls that wait, go away or read nothing, and what becomes of their prompts.</summary>
public sealed class CallClientTests
{
    [Theory]
    [MemberData(nameof(ProxyHosts.Names), MemberType = typeof(ProxyHosts))]
    public async Task A_client_that_goes_away_has_its_prompt_cancelled_and_Ollama_stopped(string host)
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host));
        proxy.Ollama.Faults.Enqueue(Fault.Stall(2));
        using var leave = new CancellationTokenSource();
        using var running = await CallRig.PostAsync(proxy, "/api/generate", CallRig.Streamed, HttpCompletionOption.ResponseHeadersRead);
        var queued = proxy.Client.SendAsync(
            CallTests.Post("/api/chat", """{"model":"tiny","messages":[{"role":"user","content":"queued"}]}"""), leave.Token);
        var waiting = (await Eventually.NotNull(async () =>
            (await proxy.GetAsync("/api/v1/prompts?status=queued")).GetProperty("prompts").EnumerateArray()
                .Select(prompt => CallTests.Text(prompt, "id")).SingleOrDefault()))!;

        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => queued);
        await proxy.StatusWhenAsync(waiting, status => CallTests.Text(status, "status") == "cancelled");
        running.Dispose();
        await proxy.StatusWhenAsync(CallTests.IdOf(running), status => CallTests.Text(status, "status") == "cancelled");

        var request = proxy.Ollama.Requests.All.Single();
        await request.Ended;
        Assert.True(request.ClosedByClient);
    }

    [Theory]
    [MemberData(nameof(ProxyHosts.Names), MemberType = typeof(ProxyHosts))]
    public async Task A_client_that_waits_for_a_whole_answer_and_goes_away_has_Ollama_stopped(string host)
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host));
        proxy.Ollama.Faults.Enqueue(Fault.Hang);
        using var leave = new CancellationTokenSource();
        var waiting = proxy.Client.SendAsync(
            CallTests.Post("/v1/messages", """{"model":"tiny","max_tokens":9,"messages":[{"role":"user","content":"hi"}]}"""), leave.Token);
        await proxy.Ollama.Requests.WaitForAsync(1);
        var id = await CallRig.OnlyIdAsync(proxy);

        await leave.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        await proxy.StatusWhenAsync(id, status => CallTests.Text(status, "status") == "cancelled");
        var request = proxy.Ollama.Requests.All.Single();
        await request.Ended;
        Assert.True(request.ClosedByClient);
    }

    [Fact]
    public async Task A_prompt_that_is_kept_outlives_its_client()
    {
        await using var proxy = await CallRig.StartAsync();
        await proxy.Ollama.RefuseAsync();
        using var leave = new CancellationTokenSource();
        var waiting = proxy.Client.SendAsync(CallTests.Post("/api/generate", CallRig.Whole, "respond-async, wait=100"), leave.Token);
        var id = (await Eventually.NotNull(async () =>
            (await proxy.GetAsync("/api/v1/prompts")).GetProperty("prompts").EnumerateArray()
                .Select(prompt => CallTests.Text(prompt, "id")).SingleOrDefault()))!;
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);

        await proxy.Ollama.AcceptAsync();

        Assert.Equal("completed", CallTests.Text(await proxy.ResultAsync(id), "status"));
        Assert.Contains("\"done\":true", await proxy.Client.GetStringAsync($"/api/v1/prompt/{id}/response"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cancel", "It was cancelled.")]
    [InlineData("delete", "The prompt was deleted.")]
    public async Task Who_waits_is_told_that_others_ended_the_prompt(string how, string message)
    {
        await using var proxy = await CallRig.StartAsync();
        proxy.Ollama.Faults.Enqueue(Fault.Hang);
        var waiting = CallRig.PostAsync(proxy, "/v1/chat/completions", """{"model":"tiny","messages":[{"role":"user","content":"hi"}]}""");
        await proxy.Ollama.Requests.WaitForAsync(1);
        var id = await CallRig.OnlyIdAsync(proxy);

        using var _ = how == "cancel" ? await proxy.Client.PostAsync($"/api/v1/prompt/{id}/cancel", null)
            : await proxy.Client.DeleteAsync($"/api/v1/prompt/{id}");

        using var response = await waiting;
        Assert.Equal(HttpStatusCode.Gone, response.StatusCode);
        Assert.Equal(message, CallTests.Text((await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error"), "message"));
        Assert.Equal("false", response.Headers.GetValues("x-should-retry").Single());
    }

    [Fact]
    public async Task Who_waits_a_while_is_told_that_the_prompt_was_deleted()
    {
        await using var proxy = await CallRig.StartAsync();
        proxy.Ollama.Faults.Enqueue(Fault.Hang);
        var waiting = proxy.Client.SendAsync(CallTests.Post("/api/generate", CallRig.Whole, "respond-async, wait=60"));
        await proxy.Ollama.Requests.WaitForAsync(1);
        var id = await CallRig.OnlyIdAsync(proxy);
        using var _ = await proxy.Client.DeleteAsync($"/api/v1/prompt/{id}");

        using var response = await waiting;
        Assert.Equal(HttpStatusCode.Gone, response.StatusCode);
        Assert.Equal("The prompt was deleted.", CallTests.Text(await response.Content.ReadFromJsonAsync<JsonElement>(), "error"));
    }

    [Fact]
    public async Task Who_has_waited_long_enough_gets_202_and_the_prompt_runs_on()
    {
        await using var proxy = await CallRig.StartAsync();
        proxy.Ollama.Faults.Enqueue(Fault.Hang);

        using var response = await proxy.Client.SendAsync(CallTests.Post("/api/generate", CallRig.Whole, "respond-async, wait=1"));

        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        Assert.Equal($"/api/v1/prompt/{CallTests.IdOf(response)}/status", response.Headers.Location!.ToString());
        await proxy.StatusWhenAsync(CallTests.IdOf(response), status => CallTests.Text(status, "status") == "processing");
    }

    [Theory]
    [MemberData(nameof(ProxyHosts.Names), MemberType = typeof(ProxyHosts))]
    public async Task While_a_client_waits_nothing_is_sent_to_it(string host)
    {
        var (asked, answer) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var ollama = await RawOllama.StartAsync(async call =>
        {
            asked.SetResult();
            await answer.Task.WaitAsync(call.Gone);
            await call.SendAsync(RawOllama.Line("hi", done: true));
        });
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host), null, ("OLLAMA_URL", ollama.Url));
        using var client = new TcpClient(proxy.Client.BaseAddress!.Host, proxy.Client.BaseAddress.Port);
        await client.Client.SendAsync(Encoding.ASCII.GetBytes(
            "POST /api/generate HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            + $"Content-Length: {CallRig.Whole.Length}\r\n\r\n{CallRig.Whole}"));
        await asked.Task;
        // A request from beginning to end: whatever was to be sent in between would be there.
        await proxy.GetAsync("/api/v1/stats");

        Assert.Equal(0, client.Available);

        answer.SetResult();
        using var reader = new StreamReader(client.GetStream());
        Assert.StartsWith("HTTP/1.1 200 OK", await reader.ReadToEndAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_reads_nothing_does_not_hold_up_the_worker()
    {
        var line = RawOllama.Line(new string('x', 1024 * 1024));
        await using var ollama = await RawOllama.StartAsync(async call =>
        {
            call.Context.Response.ContentType = "application/x-ndjson";
            for (var part = 0; part < 16; part++)
                await call.SendAsync(line);
            await call.SendAsync(RawOllama.Line("", done: true));
        });
        await using var proxy = await CallRig.StartAsync(("OLLAMA_URL", ollama.Url));

        using var response = await CallRig.PostAsync(proxy, "/api/generate", CallRig.Streamed, HttpCompletionOption.ResponseHeadersRead);

        await proxy.StatusWhenAsync(CallTests.IdOf(response), status => CallTests.Text(status, "status") == "completed");
    }

    [Fact]
    public async Task On_a_host_that_gives_up_a_call_is_503_before_that_and_cancelled()
    {
        var host = InProcess.Host(args => TriggerApplication.Create(args, new HostLimits(TimeSpan.FromMilliseconds(300))));
        await using var proxy = await RunningProxy.StartAsync(host);
        proxy.Ollama.Faults.Enqueue(Fault.Hang, 20);

        // On a busy machine the first of them may be given up before Ollama was asked.
        for (var tried = 0; tried < 20 && proxy.Ollama.Requests.All.Count == 0; tried++)
        {
            using var response = await CallRig.PostAsync(proxy, "/api/generate", CallRig.Whole);

            Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
            Assert.NotNull(response.Headers.RetryAfter);
            Assert.Contains(
                "OllamaProxy.Server",
                CallTests.Text(await response.Content.ReadFromJsonAsync<JsonElement>(), "error"),
                StringComparison.Ordinal);
            await proxy.StatusWhenAsync(CallTests.IdOf(response), status => CallTests.Text(status, "status") == "cancelled");
        }

        Assert.NotEmpty(proxy.Ollama.Requests.All);
        await Task.WhenAll(proxy.Ollama.Requests.All.Select(request => request.Ended));
    }

    [Fact]
    public async Task The_Functions_host_lets_a_client_wait_for_less_than_its_proxy_does() =>
        Assert.Equal(TimeSpan.FromSeconds(220), await Task.FromResult(HostLimits.Functions.LongestSilence));
}
