using System.Net.Http.Json;
using System.Text.Json;
using OllamaProxy.Simulator.Faults;
using OllamaProxy.Tests.Api.Callers;
using OllamaProxy.Tests.Support;
using static OllamaProxy.Tests.Api.Responses.ResponseRig;

namespace OllamaProxy.Tests.Api.Responses;

/// <summary>Responses that were waited for, and what can be done with them by their ids.</summary>
public abstract class StoredResponseTests(ProxyFixture fixture)
{
    private RunningProxy Proxy => fixture.Proxy;

    private HttpClient Client => fixture.Proxy.Client;

    [Fact]
    public async Task A_response_has_the_id_of_its_prompt_and_can_be_fetched_by_it()
    {
        using var answer = await Client.PostAsJsonAsync("/v1/responses", new { model = "tiny", input = "Why?" });
        var response = await answer.Content.ReadFromJsonAsync<JsonElement>();
        var prompt = Guid.Parse(answer.Headers.GetValues("X-Prompt-Id").Single());
        Assert.Equal($"resp_{prompt:N}", IdOf(response));

        var fetched = await Client.GetFromJsonAsync<JsonElement>($"/v1/responses/{IdOf(response)}");
        Assert.Equal(("completed", IdOf(response), TextOf(response)), (StatusOf(fetched), IdOf(fetched), TextOf(fetched)));
        Assert.False(fetched.GetProperty("background").GetBoolean());
        using var cancelled = await Client.PostAsync($"/v1/responses/{IdOf(response)}/cancel", null);
        Assert.Equal(400, (int)cancelled.StatusCode);
    }

    [Fact]
    public async Task Every_event_of_a_stream_has_that_id_and_the_client_gets_what_is_stored()
    {
        using var call = new HttpRequestMessage(HttpMethod.Post, "/v1/responses")
        {
            Content = JsonContent.Create(new { model = "tiny", input = "Why?", stream = true }),
        };
        await using var live = await EventReader.OpenAsync(Client, call);
        var events = await RestAsync(live);
        var ids = events.Where(data => data.TryGetProperty("response", out _)).Select(data => IdOf(data.GetProperty("response")));
        var id = Assert.Single(ids.Distinct());
        Assert.StartsWith("resp_", id, StringComparison.Ordinal);
        Assert.Equal(37, id.Length);
        Assert.Equal(TextOf(events[^1].GetProperty("response")), TextOf(await Client.GetFromJsonAsync<JsonElement>($"/v1/responses/{id}")));
    }

    [Fact]
    public async Task A_response_that_is_not_to_be_stored_cannot_be_fetched()
    {
        var response = await CreateAsync(Client, new { model = "tiny", input = "Why?", store = false });
        using var answer = await Client.GetAsync($"/v1/responses/{IdOf(response)}");
        Assert.Equal(404, (int)answer.StatusCode);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public async Task A_response_goes_on_from_an_earlier_one_with_all_that_was_said(bool stream, bool background)
    {
        var first = await WhenEndedAsync(Client, IdOf(await CreateAsync(Client, new { model = "tiny", input = "one", background })));
        var second = await CreateAsync(Client, new
        {
            model = "tiny",
            previous_response_id = IdOf(first),
            input = new[] { new { role = "user", content = "two" } },
        });
        using var call = new HttpRequestMessage(HttpMethod.Post, "/v1/responses")
        {
            Content = JsonContent.Create(
                new { model = "tiny", previous_response_id = IdOf(second), input = "three", stream, background }),
        };
        using var answer = await Client.SendAsync(call);
        answer.EnsureSuccessStatusCode();
        var prompt = Guid.Parse(answer.Headers.GetValues("X-Prompt-Id").Single());
        var third = await WhenEndedAsync(Client, $"resp_{prompt:N}");
        Assert.Equal(("completed", IdOf(second)), (StatusOf(third), third.GetProperty("previous_response_id").GetString()));

        var sent = JsonDocument.Parse(Proxy.Ollama.Requests.All[^1].Body).RootElement;
        Assert.False(sent.TryGetProperty("previous_response_id", out _));
        Assert.Equal([("user", "one"), ("assistant", TextOf(first)), ("user", "two"), ("assistant", TextOf(second)), ("user", "three")],
            sent.GetProperty("input").EnumerateArray().Select(item => (item.GetProperty("role").GetString(), ContentOf(item))));
        Assert.DoesNotContain(Proxy.Ollama.Requests.All, request => request.Headers.ContainsKey("X-Previous-Response-Id"));

        // What is kept of it is what was sent with it.
        var items = await Client.GetFromJsonAsync<JsonElement>($"/v1/responses/{IdOf(third)}/input_items");
        Assert.Equal("three", Assert.Single(items.GetProperty("data").EnumerateArray()).GetProperty("content")[0]
            .GetProperty("text").GetString());
    }

    [Fact]
    public async Task A_response_that_has_not_completed_cannot_be_gone_on_from()
    {
        await Proxy.FaultNextAsync(Fault.Hang);
        var first = await CreateAsync(Client, Background("one"));
        using var answer = await Client.PostAsJsonAsync(
            "/v1/responses", new { model = "tiny", previous_response_id = IdOf(first), input = "two" });
        var error = (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error");
        Assert.Equal((400, "previous_response_not_completed", "previous_response_id"),
            ((int)answer.StatusCode, error.GetProperty("code").GetString(), error.GetProperty("param").GetString()));
        await Proxy.TakenAsync();
        using var cancelled = await Client.PostAsync($"/v1/responses/{IdOf(first)}/cancel", null);
        cancelled.EnsureSuccessStatusCode();
    }

    [Fact]
    public async Task The_setting_says_how_far_back_a_conversation_is_put_together()
    {
        await using var proxy = await RunningProxy.StartAsync(
            ProxyHosts.Server, null, ("OLLAMA_PROXY_MAX_PREVIOUS_RESPONSES", "2"));
        string? previous = null;
        foreach (var input in new[] { "one", "two", "three", "four" })
            previous = IdOf(await CreateAsync(proxy.Client, new { model = "tiny", input, previous_response_id = previous }));
        var sent = JsonDocument.Parse(proxy.Ollama.Requests.All[^1].Body).RootElement;
        Assert.Equal(["two", "three", "four"], sent.GetProperty("input").EnumerateArray()
            .Where(item => item.GetProperty("role").GetString() == "user").Select(ContentOf));
    }

    [Fact]
    public async Task What_is_of_one_owner_is_nothing_to_another()
    {
        await using var shared = await SharedProxy.StartAsync(nameof(ProxyHosts.Server));
        var first = await CreateAsync(shared.Alice, new { model = "tiny", input = "one" });
        Assert.Equal(200, await StatusAsync(shared.Alice, first));
        Assert.Equal(200, await StatusAsync(shared.Admin, first));
        Assert.Equal(404, await StatusAsync(shared.Bob, first));
        using var answer = await shared.Bob.PostAsJsonAsync(
            "/v1/responses", new { model = "tiny", previous_response_id = IdOf(first), input = "two" });
        Assert.Equal(400, (int)answer.StatusCode);
        Assert.Contains("previous_response_not_found", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);

        static async Task<int> StatusAsync(HttpClient client, JsonElement response)
        {
            using var answer = await client.GetAsync($"/v1/responses/{IdOf(response)}");
            return (int)answer.StatusCode;
        }
    }

    private static string? ContentOf(JsonElement item) => item.GetProperty("content") switch
    {
        { ValueKind: JsonValueKind.String } text => text.GetString(),
        var parts => string.Concat(parts.EnumerateArray().Select(part => part.GetProperty("text").GetString())),
    };

    public sealed class OnServer(ServerFixture fixture) : StoredResponseTests(fixture), IClassFixture<ServerFixture>;

    public sealed class OnFunctions(FunctionsFixture fixture) : StoredResponseTests(fixture), IClassFixture<FunctionsFixture>;
}
