using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using OllamaProxy.Simulator.Faults;
using OllamaProxy.Tests.Api.Callers;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Api.Calls;

/// <summary>Anthropic's <c>/v1/messages/count_tokens</c>, which Ollama does not have, by way of its <c>/v1/messages</c>.</summary>
public abstract class CountTokensTests(ProxyFixture fixture)
{
    private const string Path = "/v1/messages/count_tokens";

    private static readonly object Tools = new[]
    {
        new { name = "weather", description = "The weather", input_schema = new { type = "object", properties = new { } } },
    };

    private RunningProxy Proxy => fixture.Proxy;

    [Fact]
    public async Task It_tells_as_many_tokens_as_the_message_itself_and_leaves_no_prompt_behind()
    {
        var messages = new[] { new { role = "user", content = "How many tokens are these?" } };
        using var sent = await Proxy.Client.PostAsJsonAsync("/v1/messages", new { model = "tiny", max_tokens = 5, messages });
        var usage = (await sent.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("usage");
        var before = (await Proxy.GetAsync("/api/v1/prompts")).GetProperty("total").GetInt64();

        using var response = await Proxy.Client.PostAsJsonAsync(Path, new { model = "tiny", messages });
        Assert.Equal($$"""{"input_tokens":{{usage.GetProperty("input_tokens")}}}""", await response.Content.ReadAsStringAsync());
        Assert.Equal("application/json", response.Content.Headers.ContentType?.ToString());
        Assert.Equal(before, (await Proxy.GetAsync("/api/v1/prompts")).GetProperty("total").GetInt64());

        var logged = JsonDocument.Parse(Proxy.Ollama.Requests.All[^1].Body).RootElement;
        Assert.Equal((1, false), (logged.GetProperty("max_tokens").GetInt32(), logged.GetProperty("stream").GetBoolean()));
    }

    [Fact]
    public async Task The_same_is_counted_once_and_whatever_may_change_the_count_again()
    {
        var text = $"{Guid.NewGuid()}";
        object[] bodies =
        [
            new { model = "tiny", messages = Said(text) }, new { model = "llama3.2", messages = Said(text) },
            new { model = "tiny", messages = Said(text), system = "Be brief." },
            new { model = "tiny", messages = Said(text), tools = Tools },
            new { model = "tiny", messages = Said(text + "!") },
        ];
        var counts = await CountAllAsync(bodies);
        var asked = Proxy.Ollama.Requests.Count;
        Assert.Equal(counts, await CountAllAsync(bodies));
        Assert.Equal(asked, Proxy.Ollama.Requests.Count);

        async Task<List<long>> CountAllAsync(IEnumerable<object> bodies)
        {
            var before = Proxy.Ollama.Requests.Count;
            var counts = new List<long>();
            foreach (var body in bodies)
            {
                using var response = await Proxy.Client.PostAsJsonAsync(Path, body);
                counts.Add((await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("input_tokens").GetInt64());
            }
            Assert.True(Proxy.Ollama.Requests.Count == before || Proxy.Ollama.Requests.Count == before + bodies.Count());
            return counts;
        }
    }

    [Theory]
    [InlineData("""{"model":"nosuch","messages":[{"role":"user","content":"hi"}]}""", 404, "not_found_error", "model 'nosuch' not found")]
    [InlineData("""{"model":"tiny"}""", 400, "invalid_request_error", "messages is required")]
    [InlineData("""{"messages":[{"role":"user","content":"hi"}]}""", 400, "invalid_request_error", "model is required")]
    [InlineData("[]", 400, "invalid_request_error", "The body must be a JSON object, but is an array.")]
    [InlineData("{", 400, "invalid_request_error", "The body is not JSON")]
    public async Task An_error_has_the_form_of_Anthropics(string body, int status, string type, string message)
    {
        using var response = await Proxy.Client.SendAsync(CallTests.Post(Path, body));
        var error = await response.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal((status, "error"), ((int)response.StatusCode, error.GetProperty("type").GetString()));
        Assert.Equal(type, error.GetProperty("error").GetProperty("type").GetString());
        Assert.Contains(message, error.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"model\":\"tiny\",\"\u00ef\":1}")]
    [InlineData("{\"model\":\"tiny\",\"\\ud800\":1}")]
    public async Task A_field_whose_name_is_not_Unicode_is_400(string latin)
    {
        using var body = new ByteArrayContent(Encoding.Latin1.GetBytes(latin));
        using var response = await Proxy.Client.PostAsync(Path, body);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("the name of a field is not valid Unicode", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_conversation_that_Ollama_cuts_is_not_counted()
    {
        var words = string.Join(' ', Enumerable.Repeat("word", 5_000));
        using var response = await TruncationTests.FirstToldAsync(async number =>
        {
            // Each in other words: what was counted by mistake is not counted again.
            var response = await Proxy.Client.PostAsJsonAsync(Path, new { model = "tiny", messages = Said($"{words} {number}") });
            return (response, response.StatusCode != HttpStatusCode.OK);
        });
        Assert.Equal(400, (int)response.StatusCode);
        Assert.Contains("cut it to 2050 tokens", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"type":"message","content":[{"type":"text","text":"a"}],"stop_reason":"max_tokens"}""")]
    [InlineData("""
        {"type":"message","content":[{"type":"text","text":"a"}],"stop_reason":"max_tokens","usage":{"input_tokens":0,"output_tokens":1}}
        """)]
    public async Task What_Ollama_does_not_count_is_not_made_up(string answer)
    {
        await using var ollama = await TwoBackends.UnlistedAsync(context => ForwarderRig.AnswerAsync(context, 200, answer));
        await using var proxy = await CallRig.StartAsync(("OLLAMA_URL", ollama.Url));
        using var response = await proxy.Client.PostAsJsonAsync(Path, new { model = "tiny", messages = Said("hi") });
        Assert.Equal(502, (int)response.StatusCode);
        Assert.Contains("did not say how many tokens", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task When_the_client_leaves_its_count_is_cancelled()
    {
        await Proxy.FaultNextAsync(Fault.Hang);
        var before = Proxy.Ollama.Requests.Count;
        using var leave = new CancellationTokenSource();
        var call = Proxy.Client.PostAsJsonAsync(Path, new { model = "tiny", messages = Said($"{Guid.NewGuid()}") }, leave.Token);
        await Proxy.Ollama.Requests.WaitForAsync(before + 1);
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        await Eventually.NotNull(async () =>
            (await Proxy.GetAsync("/api/v1/prompts?page_size=1")).GetProperty("prompts").EnumerateArray()
                .Any(prompt => prompt.GetProperty("status").GetString() == "cancelled") ? "cancelled" : null, "the prompt to be cancelled");
    }

    [Fact]
    public async Task What_one_owner_has_counted_is_counted_anew_for_another()
    {
        await using var shared = await SharedProxy.StartAsync(nameof(ProxyHosts.Server));
        foreach (var client in new[] { shared.Alice, shared.Alice, shared.Bob })
        {
            using var response = await client.PostAsJsonAsync(Path, new { model = "tiny", messages = Said("hi") });
            response.EnsureSuccessStatusCode();
        }
        Assert.Equal(2, shared.Proxy.Ollama.Requests.Count);
    }

    private static object[] Said(string text) => [new { role = "user", content = text }];

    public sealed class OnServer(ServerFixture fixture) : CountTokensTests(fixture), IClassFixture<ServerFixture>;

    public sealed class OnFunctions(FunctionsFixture fixture) : CountTokensTests(fixture), IClassFixture<FunctionsFixture>;
}
