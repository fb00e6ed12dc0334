using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using OllamaProxy.Prompts;
using OllamaProxy.Simulator.Faults;
using OllamaProxy.Storage.Sqlite;
using OllamaProxy.Tests.Server;
using OllamaProxy.Tests.Support;
using OllamaProxy.Tests.Support.Backends;

namespace OllamaProxy.Tests.Api.Calls;

/// <summary>What becomes of calls that are being answered when the program is told to end.</summary>
public sealed class ShutdownTests
{
    /// <summary>For what is to end by itself, however long a busy machine takes for that.</summary>
    private static readonly (string, string) NoCut = ("OLLAMA_PROXY_SHUTDOWN_SECONDS", "30");

    public static TheoryData<string, string> HostsAndPaths
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var host in new[] { nameof(ProxyHosts.Server), nameof(ProxyHosts.Functions) })
                foreach (var path in MidStreamErrorTests.Streams.Select(row => (string)row[0]).Distinct())
                    data.Add(host, path);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(HostsAndPaths))]
    public async Task A_streamed_call_is_let_end(string host, string path)
    {
        var (body, type, part, end) = RowOf(path);
        var go = new TaskCompletionSource();
        await using var ollama = await StreamingAsync(type, part, end, go.Task);
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Patient(host), null, ("OLLAMA_URL", ollama.Url), NoCut);
        using var response = await proxy.Client.SendAsync(CallTests.Post(path, body), HttpCompletionOption.ResponseHeadersRead);
        var reading = response.Content.ReadAsStringAsync();

        var restarting = Task.Run(proxy.StopInstanceAsync);
        await BegunAsync(proxy);
        go.SetResult();

        Assert.Equal(part + end, await reading);
        await restarting;
        Assert.Equal(PromptStatus.Completed, (await FindAsync(proxy, response))?.Status);
    }

    [Theory]
    [MemberData(nameof(HostsAndPaths))]
    public async Task A_streamed_call_that_does_not_end_in_time_is_cut_with_an_error_in_the_shape_of_its_API(string host, string path)
    {
        var (body, type, part, end) = RowOf(path);
        await using var ollama = await StreamingAsync(type, part, end, new TaskCompletionSource().Task);
        await using var proxy = await StartCutAsync(ProxyHosts.Named(host), "4", ("OLLAMA_URL", ollama.Url));
        using var response = await proxy.Client.SendAsync(CallTests.Post(path, body), HttpCompletionOption.ResponseHeadersRead);
        var reading = response.Content.ReadAsStringAsync();

        await Task.Run(proxy.StopInstanceAsync);

        var answer = await reading;
        Assert.StartsWith(part, answer, StringComparison.Ordinal);
        ShutdownError.AssertTold(path, type, answer[part.Length..]);
        var prompt = await FindAsync(proxy, response);
        Assert.Equal(PromptStatus.Cancelled, prompt?.Status);
    }

    [Theory]
    [MemberData(nameof(ProxyHosts.Names), MemberType = typeof(ProxyHosts))]
    public async Task A_whole_answer_is_let_end_and_refused_where_it_does_not(string host)
    {
        var (asked, go) = (new SemaphoreSlim(0), new TaskCompletionSource());
        await using var ollama = await RawOllama.StartAsync(async call =>
        {
            asked.Release();
            if (call.Prompt == "ends")
                await go.Task.WaitAsync(call.Gone);
            else
                await Task.Delay(Timeout.Infinite, call.Gone);
            await call.SendAsync("""{"response":"whole","done":true}""");
        });
        // Most of this time is for the one that is let end.
        await using var proxy = await StartCutAsync(
            ProxyHosts.Patient(host), "10", ("OLLAMA_URL", ollama.Url), ("OLLAMA_CONCURRENCY", "2"));
        var ends = proxy.Client.SendAsync(CallTests.Post("/api/generate", """{"model":"m","prompt":"ends","stream":false}"""));
        var hangs = proxy.Client.SendAsync(CallTests.Post("/api/generate", """{"model":"m","prompt":"hangs","stream":false}"""));
        await asked.WaitAsync();
        await asked.WaitAsync();

        var stopping = Task.Run(proxy.StopInstanceAsync);
        await BegunAsync(proxy);
        go.SetResult();

        using var whole = await ends;
        Assert.Equal("""{"response":"whole","done":true}""", await whole.Content.ReadAsStringAsync());
        using var refused = await hangs;
        Assert.Equal((HttpStatusCode.ServiceUnavailable, $$"""{"error":"{{ShutdownError.Text}}"}"""),
            (refused.StatusCode, await refused.Content.ReadAsStringAsync()));
        Assert.NotNull(refused.Headers.RetryAfter);
        await stopping;
    }

    [Theory]
    [MemberData(nameof(ProxyHosts.Names), MemberType = typeof(ProxyHosts))]
    public async Task What_no_client_waits_for_is_handed_back_at_once_while_a_call_is_let_end(string host)
    {
        var go = new TaskCompletionSource();
        await using var ollama = await RawOllama.StartAsync(async call =>
        {
            call.Context.Response.ContentType = "application/x-ndjson";
            await call.SendAsync(RawOllama.Line("first"));
            await go.Task.WaitAsync(call.Gone);
            await call.SendAsync(RawOllama.Line("last", done: true));
        });
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Patient(host), null, ("OLLAMA_URL", ollama.Url),
            ("OLLAMA_CONCURRENCY", "4"), NoCut);
        using var response = await proxy.Client.SendAsync(CallTests.Post("/api/generate", """{"model":"m","prompt":"call"}"""),
            HttpCompletionOption.ResponseHeadersRead);
        var submitted = Guid.Parse(await proxy.SubmitAsync(new { prompt = "submitted" }));
        using var kept = await proxy.Client.SendAsync(
            CallTests.Post("/api/generate", """{"model":"m","prompt":"kept"}""", "respond-async"));
        var waiting = proxy.Client.SendAsync(
            CallTests.Post("/api/generate", """{"model":"m","prompt":"kept a while"}""", "respond-async, wait=100"));
        await Eventually.True(() => ollama.Requests == 4);
        var reading = response.Content.ReadAsStringAsync();

        var stopping = Task.Run(proxy.StopInstanceAsync);

        foreach (var id in new[] { submitted, Guid.Parse(CallTests.IdOf(kept)) })
            await Eventually.NotNull(() => proxy.WithStoreAsync(async store =>
                await store.FindAsync(id, default) is { Status: PromptStatus.Queued, Attempts: 0 } ? "handed back" : null));
        using var later = await waiting;
        Assert.Equal(HttpStatusCode.Accepted, later.StatusCode);
        Assert.False(stopping.IsCompleted);
        go.SetResult();
        Assert.EndsWith("\"done\":true}\n", await reading, StringComparison.Ordinal);
        await stopping;
    }

    [Theory]
    [MemberData(nameof(ProxyHosts.Names), MemberType = typeof(ProxyHosts))]
    public async Task A_call_that_waits_for_its_turn_is_refused_at_once(string host)
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Patient(host), null, NoCut);
        proxy.Ollama.Faults.Enqueue(Fault.Stall(2));
        using var running = await proxy.Client.SendAsync(CallTests.Post("/api/generate", """{"model":"tiny","prompt":"runs"}"""),
            HttpCompletionOption.ResponseHeadersRead);
        var waiting = proxy.Client.SendAsync(
            CallTests.Post("/v1/messages", """{"model":"tiny","max_tokens":9,"messages":[],"stream":true}"""));
        await Eventually.NotNull(async () =>
            (await proxy.GetAsync("/api/v1/prompts?status=queued")).GetProperty("total").GetInt32() == 1 ? "" : null);

        var stopping = Task.Run(proxy.StopInstanceAsync);

        using var refused = await waiting;
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.False(stopping.IsCompleted);
        running.Dispose();
        await stopping;
    }

    [Theory]
    [InlineData(nameof(ProxyHosts.Server), "{\"status\":\"pulling\"}\n")]
    [InlineData(nameof(ProxyHosts.Server), "{\"status\":\"pulling\"}\n{\"status\":")]
    [InlineData(nameof(ProxyHosts.Functions), "{\"status\":\"pulling\"}\n")]
    public async Task A_pull_that_does_not_end_in_time_is_cut_with_an_error_line(string host, string begun)
    {
        await using var ollama = await StreamingAsync("application/x-ndjson", begun, "", new TaskCompletionSource().Task);
        await using var proxy = await StartCutAsync(
            ProxyHosts.Named(host), "4", ("OLLAMA_URL", ollama.Url), ("OLLAMA_PROXY_ALLOW_MODEL_MANAGEMENT", "1"));
        using var response = await proxy.Client.SendAsync(CallTests.Post("/api/pull", """{"model":"m"}"""),
            HttpCompletionOption.ResponseHeadersRead);
        var reading = response.Content.ReadAsStringAsync();

        await Task.Run(proxy.StopInstanceAsync);

        Assert.Equal($"{begun.TrimEnd('\n')}\n{{\"error\":\"{ShutdownError.Text}\"}}\n", await reading);
    }

    /// <summary>
    /// A proxy that cuts what has not ended in time. The second that is left for the error then may be too little on a busy machine: in
    /// this process, connections are closed much later. ShutdownProcessTests have a process keep to its time.
    /// </summary>
    private static async Task<RunningProxy> StartCutAsync(ProxyHost host, string seconds, params (string, string)[] settings)
    {
        var proxy = await RunningProxy.StartAsync(host, null, [.. settings, ("OLLAMA_PROXY_SHUTDOWN_SECONDS", seconds)]);
        if (ServerBinary.Path is null)
            proxy.Services.GetRequiredService<IOptions<HostOptions>>().Value.ShutdownTimeout = TimeSpan.FromMinutes(1);
        return proxy;
    }

    private static (string Body, string Type, string Part, string End) RowOf(string path)
    {
        var row = MidStreamErrorTests.Streams.First(row => (string)row[0] == path);
        return ((string)row[1], (string)row[2], (string)row[3], (string)row[5]);
    }

    private static Task<RawOllama> StreamingAsync(string type, string part, string end, Task go) => RawOllama.StartAsync(async answer =>
    {
        answer.Context.Response.ContentType = type;
        await answer.SendAsync(part);
        await go.WaitAsync(answer.Gone);
        await answer.SendAsync(end);
    });

    /// <summary>The server takes no new connection once it has been told to stop.</summary>
    private static Task<string> BegunAsync(RunningProxy proxy) => Eventually.NotNull(async () =>
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(proxy.Client.BaseAddress!.Host, proxy.Client.BaseAddress.Port);
            return null;
        }
        catch (SocketException)
        {
            return "refused";
        }
    });

    private static Task<Prompt?> FindAsync(RunningProxy proxy, HttpResponseMessage response) =>
        proxy.WithStoreAsync(store => store.FindAsync(Guid.Parse(CallTests.IdOf(response)), default));
}
