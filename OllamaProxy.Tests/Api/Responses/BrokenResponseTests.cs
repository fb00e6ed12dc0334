using System.Net.Http.Json;
using System.Text.Json;
using OllamaProxy.Simulator.Faults;
using OllamaProxy.Tests.Crash;
using OllamaProxy.Tests.Support;
using static OllamaProxy.Tests.Api.Responses.ResponseRig;

namespace OllamaProxy.Tests.Api.Responses;

/// <summary>Responses in the background of which some has been read when their attempt ends early.</summary>
public sealed class BrokenResponseTests
{
    [Fact]
    public async Task After_an_attempt_that_failed_new_items_follow_on_the_same_stream_and_the_numbers_go_up()
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Server, null, ("OLLAMA_IDLE_TIMEOUT", "4"));
        proxy.Ollama.Faults.Enqueue(Fault.Stall(afterTokens: 3));
        using var call = new HttpRequestMessage(HttpMethod.Post, "/v1/responses")
        {
            Content = JsonContent.Create(Background("Why?", stream: true)),
        };
        await using var live = await EventReader.OpenAsync(proxy.Client, call);
        var events = await RestAsync(live);

        AssertInOrder(events);
        var items = events.Where(data => TypeOf(data) == "response.output_item.done").ToList();
        Assert.Equal(["incomplete", "completed"], items.Select(data => StatusOf(data.GetProperty("item"))));
        Assert.Equal([0, 1], items.Select(IndexOf));
        Assert.Equal("response.completed", TypeOf(events[^1]));
        Assert.Contains("Why?", TextOf(events[^1].GetProperty("response")), StringComparison.Ordinal);

        // Who comes now sees the attempt that succeeded, and nothing of the other.
        await using var again = await FollowAsync(proxy.Client, IdOf(events[0].GetProperty("response")));
        var fresh = await RestAsync(again);
        AssertInOrder(fresh);
        Assert.Equal([0], fresh.Where(data => TypeOf(data) == "response.output_item.done")
            .Select(IndexOf));
        Assert.Equal(NumberOf(events[^1]), NumberOf(fresh[^1]));
    }

    [Theory]
    [InlineData(nameof(ProxyHosts.Server))]
    [InlineData(nameof(ProxyHosts.Functions))]
    public async Task The_events_are_the_same_at_a_process_that_only_serves(string host)
    {
        await using var worker = await RunningProxy.StartAsync(ProxyHosts.Server, new() { TokensPerSecond = 2 });
        await using var serving = await RunningProxy.StartAsync(
            ProxyHosts.Named(host), null, ("OLLAMA_PROXY_WORKER", "false"), worker.SharedStore);
        using var call = new HttpRequestMessage(HttpMethod.Post, "/v1/responses")
        {
            Content = JsonContent.Create(Background("Why?", stream: true)),
        };
        await using var live = await EventReader.OpenAsync(serving.Client, call);
        var id = IdOf((await live.UntilAsync("response.created")).GetProperty("response"));
        await live.UntilAsync("response.output_text.delta");
        Assert.Equal("in_progress", StatusOf(await serving.Client.GetFromJsonAsync<JsonElement>($"/v1/responses/{id}")));

        var rest = await RestAsync(live);
        await using var there = await FollowAsync(worker.Client, id, NumberOf(rest[0]) - 1);
        Assert.Equal(rest.Select(data => data.ToString()), (await RestAsync(there)).Select(data => data.ToString()));
    }

    [Fact]
    public async Task After_a_shutdown_the_numbers_go_up()
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Server, null, ("OLLAMA_MAX_ATTEMPTS", "1"));
        proxy.Ollama.Faults.Enqueue(Fault.Stall(afterTokens: 3));
        var (id, last) = await ReadSomeAsync(proxy.Client);
        await proxy.RestartAsync();
        await AssertGoesOnAsync(proxy.Client, id, last);
    }

    [Fact]
    public async Task After_the_program_was_killed_a_stream_goes_on_with_higher_numbers_and_the_response_is_completed()
    {
        await using var rig = await CrashRig.StartAsync();
        rig.Launch();
        await rig.OpenAsync();
        rig.Ollama.Faults.Enqueue(Fault.Stall(afterTokens: 3));
        var (id, last) = await ReadSomeAsync(await rig.ClientAsync());
        var whole = await CreateAsync(await rig.ClientAsync(), new { model = "llama3.2", input = "in the background", background = true });
        rig.Kill();
        rig.Launch();
        await rig.OpenAsync();
        await AssertGoesOnAsync(await rig.ClientAsync(), id, last);
        Assert.Equal("completed", StatusOf(await WhenEndedAsync(await rig.ClientAsync(), IdOf(whole))));
    }

    /// <summary>Begins a response, and returns its id and the number of the last event, once some of its text has come.</summary>
    private static async Task<(string Id, int Last)> ReadSomeAsync(HttpClient client)
    {
        using var call = new HttpRequestMessage(HttpMethod.Post, "/v1/responses")
        {
            Content = JsonContent.Create(new { model = "llama3.2", input = "Why?", background = true, stream = true }),
        };
        await using var live = await EventReader.OpenAsync(client, call);
        var id = IdOf((await live.UntilAsync("response.created")).GetProperty("response"));
        return (id, NumberOf(await live.UntilAsync("response.output_text.delta")));
    }

    private static async Task AssertGoesOnAsync(HttpClient client, string id, int last)
    {
        await using var resumed = await FollowAsync(client, id, last);
        var events = await RestAsync(resumed);
        Assert.True(NumberOf(events[0]) > last);
        AssertInOrder(events);
        Assert.Equal("response.completed", TypeOf(events[^1]));
        // Before the end of the attempt that was broken is known, what is left of it is still told.
        var item = IndexOf(events.Last(data => TypeOf(data) == "response.output_item.done"));
        var text = string.Concat(events.Where(data => TypeOf(data) == "response.output_text.delta" && IndexOf(data) == item)
            .Select(data => data.GetProperty("delta").GetString()));
        Assert.Equal(TextOf(events[^1].GetProperty("response")), text);
        Assert.Contains("Why?", text, StringComparison.Ordinal);
        Assert.Equal("completed", StatusOf(await WhenEndedAsync(client, id)));
    }

    private static int IndexOf(JsonElement data) => data.GetProperty("output_index").GetInt32();

    private static void AssertInOrder(List<JsonElement> events) =>
        Assert.Equal(events.Select(NumberOf).Distinct().Order(), events.Select(NumberOf));
}
