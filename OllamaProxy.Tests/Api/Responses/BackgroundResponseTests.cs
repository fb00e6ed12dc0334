using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using OllamaProxy.Simulator.Faults;
using OllamaProxy.Tests.Support;
using static OllamaProxy.Tests.Api.Responses.ResponseRig;

namespace OllamaProxy.Tests.Api.Responses;

/// <summary>Responses with <c>background: true</c>, which outlive the connection that they were asked for on.</summary>
public abstract class BackgroundResponseTests(ProxyFixture fixture)
{
    private RunningProxy Proxy => fixture.Proxy;

    private HttpClient Client => fixture.Proxy.Client;

    [Fact]
    public async Task A_response_in_the_background_is_queued_at_once_and_fetched_when_it_is_completed()
    {
        var queued = await CreateAsync(Client, new
        {
            model = "tiny",
            input = "Why?",
            background = true,
            instructions = "Be brief.",
            temperature = 0.5,
            metadata = new { of = "me" },
        });
        Assert.Matches(new Regex("^resp_[0-9a-f]{32}$"), IdOf(queued));
        Assert.Equal(("queued", "response", "tiny", "Be brief."), (StatusOf(queued), queued.GetProperty("object").GetString(),
            queued.GetProperty("model").GetString(), queued.GetProperty("instructions").GetString()));
        Assert.Equal(0, queued.GetProperty("output").GetArrayLength());

        var completed = await WhenEndedAsync(Client, IdOf(queued));
        Assert.Equal(("completed", IdOf(queued)), (StatusOf(completed), IdOf(completed)));
        Assert.Contains("Why?", TextOf(completed), StringComparison.Ordinal);
        foreach (var response in new[] { queued, completed })
        {
            Assert.True(response.GetProperty("background").GetBoolean());
            Assert.True(response.GetProperty("store").GetBoolean());
            Assert.Equal("""{"of":"me"}""", response.GetProperty("metadata").ToString());
            Assert.Equal(0.5, response.GetProperty("temperature").GetDouble());
        }
        Assert.True(completed.GetProperty("usage").GetProperty("output_tokens").GetInt32() > 0);
    }

    [Fact]
    public async Task Its_events_are_numbered_from_its_creation_on_and_can_be_had_again_from_any_of_them()
    {
        using var call = new HttpRequestMessage(HttpMethod.Post, "/v1/responses")
        {
            Content = JsonContent.Create(Background("Why is that?", stream: true)),
        };
        await using var live = await EventReader.OpenAsync(Client, call);
        var events = await RestAsync(live);
        var id = IdOf(events[0].GetProperty("response"));

        Assert.Equal(["response.created", "response.queued", "response.in_progress", "response.output_item.added"],
            events.Take(4).Select(TypeOf));
        Assert.Equal("response.completed", TypeOf(events[^1]));
        Assert.Equal(Enumerable.Range(0, events.Count), events.Select(NumberOf));
        Assert.Equal(["queued", "queued", "in_progress"], events.Take(3).Select(data => StatusOf(data.GetProperty("response"))));
        Assert.Equal(Enumerable.Repeat(id, 4), events.Take(3).Append(events[^1]).Select(data => IdOf(data.GetProperty("response"))));
        var text = string.Concat(events.Where(data => TypeOf(data) == "response.output_text.delta")
            .Select(data => data.GetProperty("delta").GetString()));
        Assert.Equal(text, TextOf(events[^1].GetProperty("response")));
        Assert.Equal(text, TextOf(await WhenEndedAsync(Client, id)));

        foreach (var after in new[] { -1, 0, 1, 2, 7, events.Count - 2, events.Count - 1, 1_000_000 })
        {
            await using var again = await FollowAsync(Client, id, after);
            Assert.Equal(events.Where(data => NumberOf(data) > after).Select(data => data.ToString()),
                (await RestAsync(again)).Select(data => data.ToString()));
        }
    }

    [Fact]
    public async Task A_client_that_leaves_its_events_cancels_nothing()
    {
        await Proxy.FaultNextAsync(Fault.Stall(afterTokens: 3));
        string id;
        using (var call = new HttpRequestMessage(HttpMethod.Post, "/v1/responses"))
        {
            call.Content = JsonContent.Create(Background("Why?", stream: true));
            await using var live = await EventReader.OpenAsync(Client, call);
            id = IdOf((await live.UntilAsync("response.created")).GetProperty("response"));
            await live.UntilAsync("response.output_text.delta");
        }
        Assert.Equal("in_progress", StatusOf(await Client.GetFromJsonAsync<JsonElement>($"/v1/responses/{id}")));
        using var cancelled = await Client.PostAsync($"/v1/responses/{id}/cancel", null);
        Assert.Equal("cancelled", StatusOf(await cancelled.Content.ReadFromJsonAsync<JsonElement>()));
        using var again = await Client.PostAsync($"/v1/responses/{id}/cancel", null);
        Assert.Equal("cancelled", StatusOf(await again.Content.ReadFromJsonAsync<JsonElement>()));

        await using var events = await FollowAsync(Client, id, after: 2);
        var last = Assert.Single(await RestAsync(events));
        Assert.Equal(("response.incomplete", "cancelled"), (TypeOf(last), StatusOf(last.GetProperty("response"))));
    }

    [Fact]
    public async Task A_response_that_fails_says_why_in_its_object_and_in_its_last_event()
    {
        var queued = await CreateAsync(Client, new { model = "nosuch", input = "hi", background = true, stream = false });
        var failed = await WhenEndedAsync(Client, IdOf(queued));
        Assert.Equal("failed", StatusOf(failed));
        Assert.Equal("model 'nosuch' not found", failed.GetProperty("error").GetProperty("message").GetString());

        using var call = new HttpRequestMessage(HttpMethod.Post, "/v1/responses")
        {
            Content = JsonContent.Create(new { model = "nosuch", input = "hi", background = true, stream = true }),
        };
        await using var live = await EventReader.OpenAsync(Client, call);
        var events = await RestAsync(live);
        Assert.Equal("response.failed", TypeOf(events[^1]));
        Assert.Equal(events.Select(NumberOf).Distinct().Order(), events.Select(NumberOf));
        Assert.Equal("model 'nosuch' not found",
            events[^1].GetProperty("response").GetProperty("error").GetProperty("message").GetString());
    }

    [Theory]
    [InlineData("""{"model":"tiny","input":"hi","background":true,"store":false}""", "does not go with 'store: false'")]
    [InlineData("""{"model":"tiny","input":"hi","previous_response_id":"resp_123"}""", "Previous response with id 'resp_123' not found.")]
    public async Task What_cannot_be_is_refused(string call, string why)
    {
        using var answer = await Client.PostAsync("/v1/responses", new StringContent(call));
        var error = (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error");
        Assert.Equal((400, "invalid_request_error"), ((int)answer.StatusCode, error.GetProperty("type").GetString()));
        Assert.Contains(why, error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET", "?stream=true", 400, "it was not created with 'stream: true'")]
    [InlineData("GET", "/input_items?limit=0", 400, "'limit' must be a whole number from 1 to 100")]
    [InlineData("GET", "/input_items?order=up", 400, "'order' must be 'asc' or 'desc'")]
    [InlineData("GET", "/input_items?after=nothing", 400, "There is no input item with the id 'nothing'.")]
    public async Task A_wrong_question_about_a_response_is_400(string method, string path, int status, string why)
    {
        var response = await CreateAsync(Client, Background("hi"));
        using var answer = await Client.SendAsync(new(new(method), $"/v1/responses/{IdOf(response)}{path}"));
        var error = (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error");
        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Contains(why, error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    /// <summary>What is wrong with it is Ollama's to say, and what it does not say is no fault here.</summary>
    [Theory]
    [InlineData("""{"model":"tiny","model":"tiny","input":"hi","background":true}""")]
    [InlineData("""{"model":"tiny","input":"hi \ud800","background":true,"metadata":{"a":"\ud800"}}""")]
    [InlineData("""{"model":"tiny","input":[{"role":5,"content":"hi","type":7,"id":[]}],"background":true}""")]
    [InlineData("""{"model":"tiny","input":5,"background":true,"tools":"none","text":[]}""")]
    [InlineData("""{"model":"tiny","input":[null,3,"hi"],"background":true}""")]
    public async Task Whatever_a_call_holds_its_response_can_be_fetched(string call)
    {
        using var answer = await Client.PostAsync("/v1/responses", new StringContent(call));
        answer.EnsureSuccessStatusCode();
        var id = IdOf(await answer.Content.ReadFromJsonAsync<JsonElement>());
        Assert.True(StatusOf(await WhenEndedAsync(Client, id)) is "completed" or "failed");
        using var items = await Client.GetAsync($"/v1/responses/{id}/input_items");
        items.EnsureSuccessStatusCode();
    }

    [Fact]
    public async Task A_deleted_response_is_gone()
    {
        var response = await CreateAsync(Client, Background("hi"));
        using var deleted = await Client.DeleteAsync($"/v1/responses/{IdOf(response)}");
        Assert.Equal($$"""{"id":"{{IdOf(response)}}","object":"response","deleted":true}""", await deleted.Content.ReadAsStringAsync());
        foreach (var (method, path) in new[] { ("GET", ""), ("DELETE", ""), ("POST", "/cancel"), ("GET", "/input_items") })
        {
            using var answer = await Client.SendAsync(new(new(method), $"/v1/responses/{IdOf(response)}{path}"));
            var error = (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error");
            Assert.Equal((404, $"Response with id '{IdOf(response)}' not found."),
                ((int)answer.StatusCode, error.GetProperty("message").GetString()));
        }
    }

    [Fact]
    public async Task What_was_sent_is_listed_in_pages()
    {
        var response = await CreateAsync(Client, new
        {
            model = "tiny",
            background = true,
            input = new object[]
            {
                new { role = "user", content = "one" }, new { role = "assistant", content = "two" },
                new { type = "message", role = "user", content = new[] { new { type = "input_text", text = "three" } } },
            },
        });
        var all = await ListAsync("?order=asc");
        Assert.Equal(["one", "two", "three"], all.Select(TextOfItem));
        Assert.Equal(["input_text", "output_text", "input_text"],
            all.Select(item => item.GetProperty("content")[0].GetProperty("type").GetString()));
        Assert.Equal(["three", "two"], (await ListAsync("?limit=2")).Select(TextOfItem));
        Assert.Equal(["one"], (await ListAsync($"?limit=2&after={IdOf(all[1])}")).Select(TextOfItem));

        async Task<List<JsonElement>> ListAsync(string query) =>
            [.. (await Client.GetFromJsonAsync<JsonElement>($"/v1/responses/{IdOf(response)}/input_items{query}"))
                .GetProperty("data").EnumerateArray()];

        static string? TextOfItem(JsonElement item) => item.GetProperty("content")[0].GetProperty("text").GetString();
    }

    public sealed class OnServer(ServerFixture fixture) : BackgroundResponseTests(fixture), IClassFixture<ServerFixture>;

    public sealed class OnFunctions(FunctionsFixture fixture) : BackgroundResponseTests(fixture), IClassFixture<FunctionsFixture>;
}
