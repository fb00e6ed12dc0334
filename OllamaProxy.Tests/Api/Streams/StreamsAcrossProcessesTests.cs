using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using OllamaProxy.Simulator.Faults;
using OllamaProxy.Simulator.Generation;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Api.Streams;

/// <summary>Streams and waits where processes end, begin, or share a database.</summary>
public class StreamsAcrossProcessesTests
{
    private const string Text = "across processes";

    private static readonly string Partial = string.Concat(Simulation.TokensOf(Text, 5));

    public static TheoryData<string> Hosts => ProxyHosts.Names;

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task After_a_restart_amid_the_answer_a_client_that_comes_back_is_told_to_begin_anew(string host)
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host));
        var id = await StalledAsync(proxy);
        string lastEventId;
        await using (var stream = await EventReader.OpenAsync(proxy.Client, id))
        {
            lastEventId = (await stream.UntilTextAsync(Partial.Length))[^1].EventId!;

            // An orderly end of the process is no end of the prompt: the stream ends without a "done".
            await proxy.RestartAsync();
            Assert.DoesNotContain(await stream.RestAsync(), item => item.EventType is "done" or "problem");
        }

        await using var again = await EventReader.OpenAsync(proxy.Client, id, lastEventId);
        Assert.Equal(1, (await again.UntilAsync("reset")).GetProperty("attempt").GetInt32());
        var rest = await again.RestAsync();
        Assert.Equal(Simulation.AnswerTo(Text), EventReader.TextOf(rest));
        Assert.Equal("completed", EventReader.DataOf(rest[^1]).GetProperty("status").GetString());
    }

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task A_shutdown_waits_for_no_stream_and_for_nobody_who_waits(string host)
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host));
        var id = await StalledAsync(proxy);
        await using var stream = await EventReader.OpenAsync(proxy.Client, id);
        await using var events = await EventReader.OpenAsync(proxy.Client, new HttpRequestMessage(HttpMethod.Get, "/api/v1/events"));
        await events.UntilAsync("counts");
        using var request = new HttpRequestMessage(HttpMethod.Post,
            "/api/v1/prompt")
        { Content = JsonContent.Create(new { prompt = "waits" }), Headers = { { "Prefer", "wait=200" } } };
        var waiting = proxy.Client.SendAsync(request);
        await events.UntilAsync("queued");

        await proxy.StopInstanceAsync();

        await events.RestAsync();
        await stream.RestAsync();
        using var response = await waiting;
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
    }

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task What_one_process_runs_can_be_watched_from_another(string host)
    {
        await using var worker = await RunningProxy.StartAsync(ProxyHosts.Named(host));
        await using var other = await RunningProxy.StartAsync(ProxyHosts.Named(host), null, worker.SharedStore,
            ("OLLAMA_PROXY_WORKER", "0"));
        await using var events = await EventReader.OpenAsync(other.Client, new HttpRequestMessage(HttpMethod.Get, "/api/v1/events"));
        await events.UntilAsync("counts");
        var id = await StalledAsync(worker);
        await using var stream = await EventReader.OpenAsync(other.Client, id);
        var waiting = other.Client.GetFromJsonAsync<JsonElement>($"/api/v1/prompt/{id}/result?wait=60");

        Assert.Equal(Partial, EventReader.TextOf(await stream.UntilTextAsync(Partial.Length)));
        Assert.Equal(Partial, (await other.GetAsync($"/api/v1/prompt/{id}/result")).GetProperty("partial").GetString());
        using var cancel = await worker.Client.PostAsync($"/api/v1/prompt/{id}/cancel", null);

        Assert.Equal(Partial, (await stream.UntilAsync("done")).GetProperty("partial").GetString());
        Assert.Equal("cancelled", (await waiting).GetProperty("status").GetString());
        await events.UntilAsync("counts", counts => counts.GetProperty("cancelled").GetInt32() == 1);
    }

    /// <summary>Submits a prompt whose generation stops amid the answer, once.</summary>
    private static async Task<string> StalledAsync(RunningProxy proxy)
    {
        await proxy.FaultNextAsync(Fault.Stall(5));
        var id = await proxy.SubmitAsync(new { prompt = Text });
        await Eventually.NotNull(async () =>
            (await proxy.GetAsync($"/api/v1/prompt/{id}/result")).TryGetProperty("partial", out var partial)
            && partial.GetString() == Partial ? "there" : null, "the first tokens");
        return id;
    }
}
