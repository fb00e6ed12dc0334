using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using OllamaProxy.Simulator.Faults;
using OllamaProxy.Simulator.Generation;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Api.Streams;

/// <summary>What a stream of a prompt tells, and to whom.</summary>
public abstract class PromptStreamTests(ProxyFixture fixture) : PromptStreamTest(fixture)
{
    [Fact]
    public async Task A_stream_tells_the_status_every_token_and_the_result()
    {
        var id = await Proxy.SubmitAsync(new { prompt = "tell", think = true });

        await using var stream = await EventReader.OpenAsync(Proxy.Client, id);
        var events = await stream.RestAsync();

        var result = await Proxy.GetAsync($"/api/v1/prompt/{id}/result");
        Assert.Equal(("status", "done"), (events[0].EventType, events[^1].EventType));
        Assert.Equal(Simulation.AnswerTo("tell"), EventReader.TextOf(events));
        Assert.Equal(result.GetProperty("thinking").GetString(), EventReader.ThinkingOf(events));
        Assert.Equal(result.ToString(), EventReader.DataOf(events[^1]).ToString());
        Assert.All(events, item => Assert.Equal(item.EventType is "token" or "done", item.EventId is not null));
        Assert.Equal("no-store", stream.Response.Headers.CacheControl?.ToString());
    }

    [Fact]
    public async Task Tokens_come_while_the_answer_is_being_generated()
    {
        var id = await StalledAsync("slow", 6);
        await using var stream = await EventReader.OpenAsync(Proxy.Client, id);

        var partial = Partial("slow", 6);
        Assert.Equal(partial, EventReader.TextOf(await stream.UntilTextAsync(partial.Length)));
        Assert.Equal("processing", (await Proxy.StatusAsync(id)).GetProperty("status").GetString());

        await CancelAsync(id);
        var done = await stream.UntilAsync("done");
        Assert.Equal(("cancelled", partial), (done.GetProperty("status").GetString(), done.GetProperty("partial").GetString()));
        Assert.Null(await stream.NextAsync());
    }

    [Fact]
    public async Task Who_waits_in_the_queue_sees_how_the_place_changes()
    {
        var first = await Proxy.SubmitHangingAsync(new { prompt = "hangs" });
        var second = await Proxy.SubmitAsync(new { prompt = "second" });
        var third = await Proxy.SubmitAsync(new { prompt = "third" });
        await using var stream = await EventReader.OpenAsync(Proxy.Client, third);

        // The second may be claimed ahead for a moment, before the slot sees that what runs there takes long.
        await stream.UntilAsync("status", status => status.TryGetProperty("position", out var position) && position.GetInt32() == 2);
        await CancelAsync(second);
        await stream.UntilAsync("status", status => status.TryGetProperty("position", out var position) && position.GetInt32() == 1);
        await CancelAsync(first);
        await stream.UntilAsync("status", status => status.GetProperty("status").GetString() is "processing" or "completed");
        Assert.Equal("completed", (await stream.UntilAsync("done")).GetProperty("status").GetString());
    }

    [Fact]
    public async Task A_failed_prompt_ends_with_its_error_and_what_had_come()
    {
        await Proxy.FaultNextAsync(Fault.ErrorLine(3, "out of memory"));
        var id = await Proxy.SubmitAsync(new { prompt = "fails", max_attempts = 1 });

        await using var stream = await EventReader.OpenAsync(Proxy.Client, id);
        var events = await stream.RestAsync();

        var done = EventReader.DataOf(events[^1]);
        Assert.Equal(
            ("failed", "out of memory", Partial("fails", 3)),
            (done.GetProperty("status").GetString(), done.GetProperty("error").GetString(), done.GetProperty("partial").GetString()));
        Assert.Equal(Partial("fails", 3), EventReader.TextOf(events));
    }

    [Fact]
    public async Task A_prompt_that_is_deleted_ends_its_streams_with_a_problem()
    {
        var id = await StalledAsync("deleted", 2);
        await using var stream = await EventReader.OpenAsync(Proxy.Client, id);
        await stream.UntilTextAsync(Partial("deleted", 2).Length);

        using var deleted = await Proxy.Client.DeleteAsync($"/api/v1/prompt/{id}");

        var problem = await stream.UntilAsync("problem");
        Assert.Equal(404, problem.GetProperty("status").GetInt32());
        Assert.Contains(id, problem.GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Null(await stream.NextAsync());
    }

    [Fact]
    public async Task Who_leaves_a_stream_does_not_cancel_the_prompt()
    {
        var id = await StalledAsync("left", 2);
        await using (var stream = await EventReader.OpenAsync(Proxy.Client, id))
            await stream.UntilTextAsync(Partial("left", 2).Length);
        await using (var stream = await EventReader.OpenAsync(Proxy.Client, id))
            await stream.UntilTextAsync(Partial("left", 2).Length);

        Assert.Equal("processing", (await Proxy.StatusAsync(id)).GetProperty("status").GetString());
        await CancelAsync(id);
    }

    [Fact]
    public async Task Five_hundred_watchers_see_the_same()
    {
        var id = await StalledAsync("popular", 8);
        var partial = Partial("popular", 8);
        using var client = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = int.MaxValue })
        {
            BaseAddress = Proxy.Client.BaseAddress,
        };
        var streams = await Task.WhenAll(Enumerable.Range(0, 500).Select(_ => EventReader.OpenAsync(client, id)));

        await Task.WhenAll(streams.Select(stream => stream.UntilTextAsync(partial.Length)));
        await CancelAsync(id);
        var ends = await Task.WhenAll(streams.Select(stream => stream.UntilAsync("done")));

        Assert.All(ends, done => Assert.Equal(partial, done.GetProperty("partial").GetString()));
        foreach (var stream in streams)
            await stream.DisposeAsync();
    }

    [Fact]
    public async Task A_watcher_that_never_reads_holds_up_nobody()
    {
        // More than all the buffers between here and there take.
        const int tokens = 300_000;
        var blocker = await StalledAsync("blocks", 1);
        var id = await Proxy.SubmitAsync(new { prompt = "long", options = new { simulator_tokens = tokens } });
        using var deaf = new TcpClient { ReceiveBufferSize = 4096 };
        await deaf.ConnectAsync(IPAddress.Loopback, Proxy.Client.BaseAddress!.Port);
        await deaf.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"GET /api/v1/prompt/{id}/stream HTTP/1.1\r\nHost: localhost\r\n\r\n"));
        await using var stream = await EventReader.OpenAsync(Proxy.Client, id);
        await CancelAsync(blocker);

        var events = await stream.RestAsync();

        Assert.Equal(string.Concat(Simulation.TokensOf("long", tokens)), EventReader.TextOf(events));
        Assert.Equal("completed", EventReader.DataOf(events[^1]).GetProperty("status").GetString());
    }

    [Fact]
    public async Task A_stream_of_an_unknown_prompt_is_404()
    {
        foreach (var id in new[] { Guid.NewGuid().ToString(), "nope" })
        {
            using var response = await Proxy.Client.GetAsync($"/api/v1/prompt/{id}/stream");
            await Problem.OfAsync(response, 404);
        }
    }

    [Fact]
    public async Task HEAD_tells_only_what_it_is()
    {
        var id = await StalledAsync("head", 1);
        using var request = new HttpRequestMessage(HttpMethod.Head, $"/api/v1/prompt/{id}/stream");
        using var response = await Proxy.Client.SendAsync(request);

        Assert.Equal((HttpStatusCode.OK, "text/event-stream"), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        Assert.Empty(await response.Content.ReadAsByteArrayAsync());
        await CancelAsync(id);
    }

    [Fact]
    public async Task A_submit_that_accepts_events_is_answered_with_them()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/prompt")
        {
            Content = JsonContent.Create(new { prompt = "at once" }),
            Headers = { { "Accept", "text/event-stream" } },
        };
        await using var stream = await EventReader.OpenAsync(Proxy.Client, request);
        var events = await stream.RestAsync();

        var id = EventReader.DataOf(events[0]).GetProperty("id").GetString();
        Assert.Equal($"/api/v1/prompt/{id}/status", stream.Response.Headers.Location?.ToString());
        Assert.Equal(Simulation.AnswerTo("at once"), EventReader.TextOf(events));
        Assert.Equal("completed", (await Proxy.StatusAsync(id!)).GetProperty("status").GetString());
    }

    [Theory]
    [InlineData("*/*")]
    [InlineData("application/json, */*;q=0.5")]
    [InlineData("text/event-stream;q=0, application/json")]
    [InlineData("text/*")]
    public async Task A_submit_that_does_not_name_events_is_answered_with_JSON(string accept)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/prompt")
        {
            Content = JsonContent.Create(new { prompt = "json" }),
        };
        Assert.True(request.Headers.TryAddWithoutValidation("Accept", accept));

        using var response = await Proxy.Client.SendAsync(request);

        Assert.Equal((HttpStatusCode.Accepted, "application/json"), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        var submitted = await response.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal($"/api/v1/prompt/{submitted.GetProperty("id").GetString()}/stream", submitted.GetProperty("stream_url").GetString());
    }

    public sealed class OnServer(ServerFixture fixture) : PromptStreamTests(fixture), IClassFixture<ServerFixture>;

    public sealed class OnFunctions(FunctionsFixture fixture) : PromptStreamTests(fixture), IClassFixture<FunctionsFixture>;
}
