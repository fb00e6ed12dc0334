using System.Text.Json;
using OllamaProxy.Simulator;
using OllamaProxy.Simulator.Faults;
using OllamaProxy.Tests.Api.Calls;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Api.Queue;

/// <summary>Slots that a backend reserves for prompts of a priority above 0.</summary>
public sealed class ReservedSlotsTests
{
    public static TheoryData<string> Hosts => ProxyHosts.Names;

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task A_reserved_slot_is_left_to_a_call_however_many_prompts_wait(string host)
    {
        await using var ollama = await OllamaSimulator.StartAsync(null);
        // Without a head start the call is last in the queue.
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host), null,
            ("OLLAMA_URL", $"{ollama.BaseAddress};concurrency=2;reserved=1"), ("OLLAMA_PROXY_AGEING_SECONDS", "0"));
        ollama.Faults.Enqueue(Fault.Hang);
        var running = await proxy.SubmitAsync(new { prompt = "runs" });
        await ollama.Requests.WaitForAsync(1);
        var waiting = new List<string>();
        for (var prompt = 0; prompt < 150; prompt++)
            waiting.Add(await proxy.SubmitAsync(new { prompt = "waits" }));

        for (var call = 0; call < 3; call++)
            using (var response = await CallRig.PostAsync(proxy, "/api/generate", """{"model":"llama3.2","prompt":"now","stream":false}"""))
                Assert.Contains("now", CallTests.Text(await ReadAsync(response), "response"), StringComparison.Ordinal);

        Assert.Equal("processing", CallTests.Text(await proxy.StatusAsync(running), "status"));
        foreach (var id in new[] { waiting[0], waiting[^1] })
            Assert.Equal("queued", CallTests.Text(await proxy.StatusAsync(id), "status"));
        Assert.Equal(4, ollama.Requests.Count);
        var backend = (await proxy.GetAsync("/api/v1/stats")).GetProperty("backends").EnumerateArray().Single();
        Assert.Equal((2, 1), (backend.GetProperty("concurrency").GetInt32(), backend.GetProperty("reserved").GetInt32()));
    }

    [Fact]
    public async Task However_many_come_at_once_others_never_have_a_reserved_slot()
    {
        await using var ollama = await OllamaSimulator.StartAsync(null);
        await using var proxy = await RunningProxy.StartAsync(
            ProxyHosts.Server, null, ("OLLAMA_URL", $"{ollama.BaseAddress};concurrency=3;reserved=2"));
        var ids = new List<string>();
        // Some are begun as they are submitted, and some are short enough to be claimed ahead.
        for (var round = 0; round < 10; round++)
            ids.AddRange(await Task.WhenAll(Enumerable.Range(0, 6).Select(prompt =>
                proxy.SubmitAsync(new { prompt = "hi", priority = -(prompt % 2) }))));

        foreach (var id in ids)
            Assert.Equal("completed", CallTests.Text(await proxy.ResultAsync(id), "status"));
        Assert.Equal((60, 1), (ollama.Requests.Count, ollama.Requests.MaxRunning));
    }

    [Fact]
    public async Task Prompts_that_another_process_runs_count_as_well()
    {
        await using var ollama = await OllamaSimulator.StartAsync(null);
        var url = ("OLLAMA_URL", $"{ollama.BaseAddress};concurrency=2;reserved=1");
        await using var one = await RunningProxy.StartAsync(ProxyHosts.Server, null, url);
        ollama.Faults.Enqueue(Fault.Hang);
        await one.SubmitAsync(new { prompt = "runs" });
        await ollama.Requests.WaitForAsync(1);
        await using var other = await RunningProxy.StartAsync(
            ProxyHosts.Server, null, url, one.SharedStore, ("OLLAMA_PROXY_INTERACTIVE_PRIORITY", "1"));

        // What is so long is always queued: to run it, the other one has looked at the queue and at what runs.
        using var first = await CallRig.PostAsync(
            other, "/api/generate", CallRig.Whole.Replace("hi", new string('h', 300 * 1024), StringComparison.Ordinal));
        var waiting = await other.SubmitAsync(new { prompt = "waits" });
        using var second = await CallRig.PostAsync(other, "/api/generate", CallRig.Whole);

        Assert.True(first.IsSuccessStatusCode && second.IsSuccessStatusCode);
        Assert.Equal("queued", CallTests.Text(await other.StatusAsync(waiting), "status"));
        Assert.Equal(3, ollama.Requests.Count);
    }

    private static async Task<JsonElement> ReadAsync(HttpResponseMessage response) =>
        JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
}
