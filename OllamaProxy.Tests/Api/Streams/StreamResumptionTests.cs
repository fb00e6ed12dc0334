using System.Net;
using System.Net.ServerSentEvents;
using OllamaProxy.Simulator;
using OllamaProxy.Simulator.Faults;
using OllamaProxy.Simulator.Generation;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Api.Streams;

/// <summary>What a client gets that comes back to a stream with the id of the last event that it has.</summary>
public abstract class StreamResumptionTests(ProxyFixture fixture) : PromptStreamTest(fixture)
{
    [Fact]
    public async Task A_client_that_comes_back_with_any_id_gets_what_it_missed_and_nothing_twice()
    {
        var id = await StalledAsync("resumed", 9, think: true);
        var partial = Partial("resumed", 9);
        await using (var stream = await EventReader.OpenAsync(Proxy.Client, id))
        {
            var live = await stream.UntilTextAsync(partial.Length);
            foreach (var (seen, lastEventId) in Positions(live))
            {
                await using var again = await EventReader.OpenAsync(Proxy.Client, id, lastEventId);
                if (EventReader.TextOf(seen).Length < partial.Length)
                    AssertSame(live, [.. seen, .. await again.UntilTextAsync(partial.Length - EventReader.TextOf(seen).Length)]);
            }
        }
        await CancelAsync(id);
        await Proxy.ResultAsync(id);

        // The same ids still count when the text has moved from the worker's memory to the store.
        await using var ended = await EventReader.OpenAsync(Proxy.Client, id);
        var whole = await ended.RestAsync();
        foreach (var (seen, lastEventId) in Positions(whole))
        {
            await using var again = await EventReader.OpenAsync(Proxy.Client, id, lastEventId);
            AssertSame(whole, [.. seen, .. await again.RestAsync()]);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Every_offset_that_an_id_can_have_is_one_to_go_on_from(bool inQuery)
    {
        var id = await Proxy.SubmitAsync(new { prompt = "offsets 😀 é", think = true });
        var result = await Proxy.ResultAsync(id);
        var (text, thinking) = (result.GetProperty("result").GetString()!, result.GetProperty("thinking").GetString()!);
        await using var first = await EventReader.OpenAsync(Proxy.Client, id);
        var attempt = (await first.RestAsync()).First(item => item.EventId is not null).EventId!.Split('-')[0];

        var offsets = Enumerable.Range(0, thinking.Length + 1).Select(offset => (0, offset))
            .Concat(Enumerable.Range(0, text.Length + 1).Select(offset => (offset, thinking.Length)));
        foreach (var (have, thought) in offsets)
        {
            if (have > 0 && char.IsLowSurrogate(text.ElementAtOrDefault(have)))
                continue;
            var lastEventId = $"{attempt}-{have}.{thought}";
            await using var stream = inQuery
                ? await EventReader.OpenAsync(Proxy.Client,
                    new HttpRequestMessage(HttpMethod.Get, $"/api/v1/prompt/{id}/stream?last_event_id={lastEventId}"))
                : await EventReader.OpenAsync(Proxy.Client, id, lastEventId);
            var rest = await stream.RestAsync();
            Assert.Equal((text[have..], thinking[thought..]), (EventReader.TextOf(rest), EventReader.ThinkingOf(rest)));
            Assert.DoesNotContain(rest, item => item.EventType == "reset");
        }
    }

    [Fact]
    public async Task After_the_end_there_is_nothing_to_come_back_for()
    {
        var id = await Proxy.SubmitAsync(new { prompt = "ends" });
        await using var stream = await EventReader.OpenAsync(Proxy.Client, id);
        var last = (await stream.RestAsync())[^1];

        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/prompt/{id}/stream")
        {
            Headers = { { "Last-Event-ID", last.EventId } },
        };
        using var response = await Proxy.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("1-2-3")]
    [InlineData("-1-0")]
    [InlineData("12-x")]
    [InlineData("99999999999999999999-0")]
    [InlineData("1-5")]
    [InlineData("1-done")]
    public async Task An_id_of_no_event_of_this_attempt_gets_a_reset_and_the_whole(string lastEventId)
    {
        var id = await Proxy.SubmitAsync(new { prompt = "foreign id" });
        await Proxy.ResultAsync(id);

        await using var stream = await EventReader.OpenAsync(Proxy.Client, id, lastEventId);
        var events = await stream.RestAsync();

        Assert.Equal(["status", "reset", "token", "done"], events.Select(item => item.EventType));
        Assert.Equal(1, EventReader.DataOf(events[1]).GetProperty("attempt").GetInt32());
        Assert.Equal(Simulation.AnswerTo("foreign id"), EventReader.TextOf(events));
    }

    [Fact]
    public async Task Another_attempt_begins_with_a_reset()
    {
        await Proxy.FaultNextAsync(Fault.Cut(5));
        var id = await Proxy.SubmitAsync(new { prompt = "twice", max_attempts = 2 });
        await using var stream = await EventReader.OpenAsync(Proxy.Client, id);

        var events = await stream.RestAsync();

        var reset = events.FindLastIndex(item => item.EventType == "reset");
        Assert.Equal(Simulation.AnswerTo("twice"), EventReader.TextOf(events.Skip(reset + 1)));
        if (reset >= 0)
            Assert.Equal(
                (2, Partial("twice", 5)),
                (EventReader.DataOf(events[reset]).GetProperty("attempt").GetInt32(), EventReader.TextOf(events.Take(reset))));
    }

    [Fact]
    public async Task A_retried_prompt_begins_with_a_reset_though_its_attempts_are_counted_anew()
    {
        var id = await StalledAsync("retried", 4);
        string lastEventId;
        await using (var stream = await EventReader.OpenAsync(Proxy.Client, id))
            lastEventId = (await stream.UntilTextAsync(Partial("retried", 4).Length))[^1].EventId!;
        await CancelAsync(id);
        await Proxy.ResultAsync(id);
        using var retry = await Proxy.Client.PostAsync($"/api/v1/prompt/{id}/retry", null);

        await using var again = await EventReader.OpenAsync(Proxy.Client, id, lastEventId);
        Assert.Equal(1, (await again.UntilAsync("reset")).GetProperty("attempt").GetInt32());
        Assert.Equal(Simulation.AnswerTo("retried"), EventReader.TextOf(await again.RestAsync()));
    }

    /// <summary>Every prefix of what was seen, with the id of its last event.</summary>
    private static IEnumerable<(IReadOnlyList<SseItem<string>> Seen, string LastEventId)> Positions(List<SseItem<string>> events) =>
        from index in Enumerable.Range(0, events.Count)
        where events[index].EventType == "token"
        select ((IReadOnlyList<SseItem<string>>)[.. events.Take(index + 1)], events[index].EventId!);

    private static void AssertSame(IReadOnlyList<SseItem<string>> expected, IReadOnlyList<SseItem<string>> actual)
    {
        Assert.Equal(EventReader.TextOf(expected), EventReader.TextOf(actual));
        Assert.Equal(EventReader.ThinkingOf(expected), EventReader.ThinkingOf(actual));
        Assert.DoesNotContain(actual, item => item.EventType == "reset");
    }

    public sealed class OnServer(ServerFixture fixture) : StreamResumptionTests(fixture), IClassFixture<ServerFixture>;

    public sealed class OnFunctions(FunctionsFixture fixture) : StreamResumptionTests(fixture), IClassFixture<FunctionsFixture>;
}
