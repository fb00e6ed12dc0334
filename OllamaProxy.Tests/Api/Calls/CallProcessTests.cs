using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using OllamaProxy.Storage.Sqlite.Engine;
using OllamaProxy.Tests.Api.Callers;
using OllamaProxy.Tests.Storage;
using OllamaProxy.Tests.Support;
using OllamaProxy.Tests.Support.Backends;

namespace OllamaProxy.Tests.Api.Calls;

/// <summary>Calls and the process that holds them: its store, its shutdown, and other processes on the same queue.</summary>
public sealed class CallProcessTests
{
    [SqliteFact]
    public async Task A_store_that_cannot_be_read_ends_no_call_that_is_being_run()
    {
        var (asked, answer) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var ollama = await RawOllama.StartAsync(async call =>
        {
            asked.TrySetResult();
            await answer.Task.WaitAsync(call.Gone);
            await call.SendAsync(RawOllama.Line("hi", done: true));
        });
        await using var proxy = await CallRig.StartAsync(("OLLAMA_URL", ollama.Url));
        var running = CallRig.PostAsync(proxy, "/api/generate", CallRig.Whole);
        await asked.Task;
        var queued = CallRig.PostAsync(proxy, "/api/generate", CallRig.Whole);
        await Eventually.NotNull(
            async () => (await proxy.GetAsync("/api/v1/prompts?status=queued")).GetProperty("total").GetInt32() == 1 ? "" : null);
        using (var other = StorageRig.Open(proxy.DatabasePath))
        {
            other.Execute("ALTER TABLE prompts RENAME COLUMN id TO away");
            // The one that runs looks at the store as often, and a moment earlier.
            using var refused = await queued;
            Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
            other.Execute("ALTER TABLE prompts RENAME COLUMN away TO id");
        }

        answer.SetResult();

        using var response = await running;
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Contains("\"done\":true", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/api/generate", null)]
    [InlineData("/v1/chat/completions", "api_error")]
    [InlineData("/v1/messages", "overloaded_error")]
    public async Task A_shutdown_tells_who_waits_and_leaves_nothing_to_be_run(string path, string? type)
    {
        await using var proxy = await CallRig.StartAsync();
        await proxy.Ollama.RefuseAsync();
        var waiting = CallRig.PostAsync(proxy, path, CallRig.Whole);
        await Eventually.NotNull(async () => (await proxy.GetAsync("/api/v1/prompts")).GetProperty("total").GetInt32() == 1 ? "" : null);

        await proxy.StopInstanceAsync();

        using var response = await waiting;
        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        var error = (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error");
        Assert.Equal("Ollama Proxy is shutting down.", type is null ? error.GetString() : CallTests.Text(error, "message"));
        Assert.Equal(type, type is null ? null : CallTests.Text(error, "type"));
        await proxy.RestartAsync();
        Assert.Equal("cancelled", CallTests.Text(await proxy.StatusAsync(CallTests.IdOf(response)), "status"));
    }

    [Fact]
    public async Task A_process_that_only_serves_answers_with_what_another_one_ran()
    {
        await using var worker = await CallRig.StartAsync();
        await using var serving = await RunningProxy.StartAsync(ProxyHosts.Server, null,
            ("OLLAMA_PROXY_WORKER", "0"), worker.SharedStore, ("OLLAMA_URL", worker.Ollama.BaseAddress.ToString()));

        using var response = await CallRig.PostAsync(serving, "/api/generate", CallRig.Streamed);

        // As Ollama streams it, though all of it came from the store.
        Assert.Equal(("application/x-ndjson", true),
            (response.Content.Headers.ContentType!.ToString(), response.Headers.TransferEncodingChunked));
        Assert.Contains("\"done\":true", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_call_is_run_by_the_process_that_has_its_connection()
    {
        await using var one = await CallRig.StartAsync();
        await using var other = await RunningProxy.StartAsync(ProxyHosts.Server, null, one.SharedStore);
        await Eventually.NotNull(async () =>
            await other.Client.StatusOfAsync(HttpMethod.Get, "/readyz") == 200 ? "its worker runs" : null);
        for (var round = 0; round < 10; round++)
        {
            using var response = await CallRig.PostAsync(other, "/api/generate", CallRig.Whole);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }
        Assert.Equal((0, 10), (one.Ollama.Requests.Count, other.Ollama.Requests.Count));
    }
}
