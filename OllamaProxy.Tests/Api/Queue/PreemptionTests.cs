using System.Text.Json;
using OllamaProxy.Simulator;
using OllamaProxy.Simulator.Faults;
using OllamaProxy.Simulator.Http;
using OllamaProxy.Tests.Api.Calls;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Api.Queue;

/// <summary>Bulk prompts that give way to interactive ones.</summary>
public sealed class PreemptionTests
{
    private static readonly (string, string) On = ("OLLAMA_PROXY_PREEMPTION", "true");

    /// <summary>Calls are bulk, and what is submitted is not.</summary>
    private static readonly (string, string) CallsAreBulk = ("OLLAMA_PROXY_INTERACTIVE_PRIORITY", "-10");

    public static TheoryData<string> Hosts => ProxyHosts.Names;

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task A_bulk_prompt_gives_way_to_an_interactive_one_and_is_answered_whole_after_it(string host)
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host), null, On);
        proxy.Ollama.Faults.Enqueue(Fault.Stall(afterTokens: 2));
        var bulk = await proxy.SubmitAsync(new { prompt = "bulk", priority = -10 });
        await proxy.Ollama.Requests.WaitForAsync(1);

        var interactive = await proxy.SubmitAsync(new { prompt = "now" });

        Assert.Equal("completed", CallTests.Text(await proxy.ResultAsync(interactive), "status"));
        var result = await proxy.ResultAsync(bulk);
        Assert.Equal("completed", CallTests.Text(result, "status"));
        Assert.EndsWith("You asked: \"bulk\"", CallTests.Text(result, "result"), StringComparison.Ordinal);
        Assert.Equal(1, (await proxy.StatusAsync(bulk)).GetProperty("attempts").GetInt32());
        await AssertGaveWayAsync(proxy.Ollama.Requests);
    }

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task A_call_gives_way_while_its_client_has_nothing_of_the_answer(string host)
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host), null, On, CallsAreBulk);
        proxy.Ollama.Faults.Enqueue(Fault.Hang);
        var call = CallRig.PostAsync(proxy, "/api/generate", CallRig.Streamed);
        await proxy.Ollama.Requests.WaitForAsync(1);

        var interactive = await proxy.SubmitAsync(new { prompt = "now" });

        Assert.Equal("completed", CallTests.Text(await proxy.ResultAsync(interactive), "status"));
        using var response = await call;
        var lines = (await response.Content.ReadAsStringAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.EndsWith("You asked: \"hi\"", string.Concat(lines.Select(line =>
            JsonDocument.Parse(line).RootElement.GetProperty("response").GetString())), StringComparison.Ordinal);
        Assert.Equal(1, (await proxy.StatusAsync(CallTests.IdOf(response))).GetProperty("attempts").GetInt32());
        await AssertGaveWayAsync(proxy.Ollama.Requests);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_somebody_reads_is_run_to_its_end(bool isCall)
    {
        // Each answer takes two seconds, so that the interactive prompt waits for longer than one.
        await using var proxy = await RunningProxy.StartAsync(
            ProxyHosts.Server, new SimulatorOptions { TokensPerSecond = 10 }, On, CallsAreBulk);
        var options = new { simulator_tokens = 25 };
        if (isCall)
        {
            using var call = await CallRig.PostAsync(proxy, "/api/generate",
                """{"model":"tiny","prompt":"read","options":{"simulator_tokens":25}}""", HttpCompletionOption.ResponseHeadersRead);
            var interactive = await proxy.SubmitAsync(new { prompt = "now", options });
            Assert.Contains("\"done\":true", await call.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            await proxy.ResultAsync(interactive);
        }
        else
        {
            var bulk = await proxy.SubmitAsync(new { prompt = "read", priority = -10, options });
            await using var events = await EventReader.OpenAsync(proxy.Client, bulk);
            await events.UntilTextAsync(1);
            var interactive = await proxy.SubmitAsync(new { prompt = "now", options });
            Assert.Equal("completed", CallTests.Text(await events.UntilAsync("done"), "status"));
            await proxy.ResultAsync(interactive);
        }
        Assert.Equal(2, proxy.Ollama.Requests.Count);
    }

    /// <summary>
    /// The first request was broken off, and asked again after the other. Ollama may hear of that only when it has the other already, so
    /// how many it ran at the same time says nothing.
    /// </summary>
    private static async Task AssertGaveWayAsync(RequestLog requests)
    {
        await requests.All[0].Ended;
        Assert.Equal([true, false, false], requests.All.Select(request => request.ClosedByClient));
    }
}
