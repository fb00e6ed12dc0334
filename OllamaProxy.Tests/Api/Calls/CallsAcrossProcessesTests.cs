using System.Net;
using System.Text;
using OllamaProxy.Api;
using OllamaProxy.Prompts;
using OllamaProxy.Protocol;
using OllamaProxy.Simulator;
using OllamaProxy.Simulator.Faults;
using OllamaProxy.Storage;
using OllamaProxy.Tests.Functions;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Api.Calls;

/// <summary>Calls whose clients are connected to one process, and which another one runs.</summary>
public sealed class CallsAcrossProcessesTests
{
    private static readonly (string, string) OnlyServes = ("OLLAMA_PROXY_WORKER", "false");

    private static readonly ClaimTerms Terms = new(1, TimeSpan.FromMinutes(1), 3, "here");

    private static readonly HeaderList Lines = new([new("Content-Type", "application/x-ndjson")]);

    public static TheoryData<string> Hosts => ProxyHosts.Names;

    public static TheoryData<string, string> Streams => new()
    {
        { "/api/generate", CallRig.Streamed },
        { "/api/chat", """{"model":"tiny","messages":[{"role":"user","content":"hi"}]}""" },
        { "/v1/chat/completions", """{"model":"tiny","messages":[{"role":"user","content":"hi"}],"stream":true}""" },
        { "/v1/responses", """{"model":"tiny","input":"hi","stream":true}""" },
        { "/v1/messages", """{"model":"tiny","max_tokens":9,"messages":[{"role":"user","content":"hi"}],"stream":true}""" },
    };

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task A_process_that_only_serves_passes_an_answer_on_while_it_comes(string host)
    {
        await using var worker = await CallRig.StartAsync();
        await using var serving = await RunningProxy.StartAsync(ProxyHosts.Named(host), null, OnlyServes, worker.SharedStore);
        worker.Ollama.Faults.Enqueue(Fault.Stall(3));

        string id;
        using (var response = await CallRig.PostAsync(serving, "/api/generate", CallRig.Streamed, HttpCompletionOption.ResponseHeadersRead))
        {
            id = CallTests.IdOf(response);
            using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
            for (var token = 0; token < 3; token++)
                Assert.Contains("\"done\":false", await reader.ReadLineAsync(), StringComparison.Ordinal);
            Assert.Equal("processing", CallTests.Text(await serving.StatusAsync(id), "status"));
        }

        // The client has gone, so that nothing is generated for it any more.
        Assert.Equal("cancelled", CallTests.Text(await worker.ResultAsync(id), "status"));
        await Eventually.NotNull(() => Task.FromResult(worker.Ollama.Requests.Running == 0 ? "idle" : null), "Ollama to be idle");
    }

    [Fact]
    public async Task A_host_whose_timer_runs_on_another_instance_has_its_calls_run_there()
    {
        await using var worker = await CallRig.StartAsync();
        var host = InProcess.Host(args => TriggerApplication.Create(args, HostLimits.Functions, hasTimer: false));
        await using var serving = await RunningProxy.StartAsync(host, null, worker.SharedStore);

        using var response = await CallRig.PostAsync(serving, "/api/generate", CallRig.Streamed);

        Assert.Contains("\"done\":true", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal((1, 0), (worker.Ollama.Requests.Count, serving.Ollama.Requests.Count));
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public async Task What_comes_by_way_of_the_store_is_what_Ollama_sent(string path, string body)
    {
        await using var worker = await RunningProxy.StartAsync(ProxyHosts.Server, new() { TokensPerSecond = 4 });
        await using var serving = await RunningProxy.StartAsync(ProxyHosts.Server, null, OnlyServes, worker.SharedStore);

        using var response = await CallRig.PostAsync(serving, path, body, HttpCompletionOption.ResponseHeadersRead);
        var isEnded = (await serving.StatusAsync(CallTests.IdOf(response))).GetProperty("status").GetString() == "completed";
        var answer = await response.Content.ReadAsByteArrayAsync();

        Assert.False(isEnded, "The first token was passed on only with the last.");
        var id = Guid.Parse(CallTests.IdOf(response));
        var stored = await worker.WithStoreAsync(async store =>
            await (await store.FindResponseAsync(id, default))!.Body.ReadWholeAsync(default));
        Assert.Equal(Encoding.UTF8.GetString(stored), Encoding.UTF8.GetString(answer));
        Assert.Equal(1, worker.Ollama.Requests.Count);
    }

    [Fact]
    public async Task An_answer_that_breaks_off_there_breaks_off_here_and_is_not_tried_again()
    {
        await using var worker = await RunningProxy.StartAsync(ProxyHosts.Server, new() { TokensPerSecond = 2 });
        await using var serving = await RunningProxy.StartAsync(ProxyHosts.Server, null, OnlyServes, worker.SharedStore);
        worker.Ollama.Faults.Enqueue(Fault.Cut(5));

        using var response = await CallRig.PostAsync(serving, "/api/generate", CallRig.Streamed, HttpCompletionOption.ResponseHeadersRead);
        await Assert.ThrowsAsync<HttpRequestException>(() => response.Content.ReadAsStringAsync());

        Assert.Equal("failed", CallTests.Text(await serving.ResultAsync(CallTests.IdOf(response)), "status"));
        Assert.Equal(1, worker.Ollama.Requests.Count);
    }

    [Fact]
    public async Task What_fails_before_the_first_token_is_tried_again_unseen()
    {
        await using var worker = await CallRig.StartAsync();
        await using var serving = await RunningProxy.StartAsync(ProxyHosts.Server, null, OnlyServes, worker.SharedStore);
        worker.Ollama.Faults.Enqueue(Fault.Cut(0), 2);

        using var response = await CallRig.PostAsync(serving, "/api/generate", CallRig.Streamed);

        Assert.Contains("\"done\":true", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(3, worker.Ollama.Requests.Count);
    }

    [Fact]
    public async Task The_rest_of_an_answer_comes_from_the_stored_whole()
    {
        await using var serving = await RunningProxy.StartAsync(ProxyHosts.Server, null, OnlyServes);
        await serving.WithStoreAsync(async worker =>
        {
            var (response, reader, claimed) = await BegunAsync(serving, worker, "one\n");
            using (response)
            {
                var result = new PromptResult("", null, GenerationStatistics.None)
                {
                    Response = new(200, Lines, "one\ntwo\nthree"u8.ToArray()),
                };
                Assert.True(await worker.CompleteAsync(claimed.Lease, result, default));
                Assert.Equal("two\nthree", await reader.ReadToEndAsync());
            }
            return true;
        });
    }

    [Theory]
    [InlineData("requeued")]
    [InlineData("deleted")]
    [InlineData("run again")]
    public async Task An_answer_whose_attempt_ends_early_breaks_off_since_another_would_not_fit(string how)
    {
        await using var serving = await RunningProxy.StartAsync(ProxyHosts.Server, null, OnlyServes);
        await serving.WithStoreAsync(async worker =>
        {
            var (response, reader, claimed) = await BegunAsync(serving, worker, "one\n");
            using (response)
            {
                if (how == "deleted")
                    await worker.DeleteAsync(claimed.Id, default);
                else
                    await worker.RequeueAsync(claimed.Lease, "lost", null, DateTimeOffset.UtcNow, counts: true, default);
                if (how == "run again" && await worker.ClaimAsync(Terms, default) is { } again)
                    await worker.AppendResponseAsync(again.Lease, Chunk(0, "uno\ndos\n"), TimeSpan.FromMinutes(1), default);

                await Assert.ThrowsAnyAsync<IOException>(() => reader.ReadToEndAsync());
            }
            if (how != "deleted")
                Assert.Equal("cancelled", CallTests.Text(await serving.ResultAsync(claimed.Id.ToString()), "status"));
            return true;
        });
    }

    [Fact]
    public async Task An_error_is_told_as_it_is()
    {
        await using var worker = await CallRig.StartAsync(("OLLAMA_MAX_ATTEMPTS", "1"));
        await using var serving = await RunningProxy.StartAsync(ProxyHosts.Server, null, OnlyServes, worker.SharedStore);
        worker.Ollama.Faults.Enqueue(Fault.Status(502, "bad gateway"));

        using var response = await CallRig.PostAsync(serving, "/api/generate", CallRig.Streamed);

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        Assert.Equal("""{"error":"bad gateway"}""", (await response.Content.ReadAsStringAsync()).TrimEnd());
    }

    /// <summary>A call that this test runs as another process would, and whose client has read the first line of its answer.</summary>
    private static async Task<(HttpResponseMessage Response, StreamReader Reader, ClaimedPrompt Claimed)> BegunAsync(
        RunningProxy serving, IPromptStore worker, string firstLine)
    {
        var posting = CallRig.PostAsync(serving, "/api/generate", CallRig.Streamed, HttpCompletionOption.ResponseHeadersRead);
        var claimed = await Eventually.NotNull(() => worker.ClaimAsync(Terms, default));
        Assert.True(claimed.IsAwaited);
        Assert.Equal(LeaseState.Held,
            await worker.AppendResponseAsync(claimed.Lease, Chunk(0, firstLine), TimeSpan.FromMinutes(1), default));
        var response = await posting;
        var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        Assert.Equal(firstLine, await reader.ReadLineAsync() + "\n");
        return (response, reader, claimed);
    }

    private static ResponseChunk Chunk(int offset, string text) => new(200, Lines, offset, Encoding.UTF8.GetBytes(text));
}
