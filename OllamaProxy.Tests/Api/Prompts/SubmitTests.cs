using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using OllamaProxy.Simulator.Generation;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Api.Prompts;

public abstract class SubmitTests(ProxyFixture fixture)
{
    private RunningProxy Proxy => fixture.Proxy;

    [Fact]
    public async Task The_example_of_the_original_ends_in_a_result()
    {
        using var response = await PostAsync("""{"prompt": "What is the capital of France?"}""");

        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        var submitted = await response.Content.ReadFromJsonAsync<JsonElement>();
        var id = submitted.GetProperty("id").GetString()!;
        Assert.Equal(7, Guid.Parse(id).Version);
        Assert.Equal("queued", submitted.GetProperty("status").GetString());
        Assert.Equal($"/api/v1/prompt/{id}/status", submitted.GetProperty("status_url").GetString());
        Assert.Equal($"/api/v1/prompt/{id}/result", submitted.GetProperty("result_url").GetString());
        Assert.Equal($"/api/v1/prompt/{id}/status", response.Headers.Location?.OriginalString);

        var result = await Proxy.ResultAsync(id);
        Assert.Equal("completed", result.GetProperty("status").GetString());
        Assert.Equal(Simulation.AnswerTo("What is the capital of France?"), result.GetProperty("result").GetString());
    }

    [Fact]
    public async Task The_content_type_is_not_asked_for()
    {
        using var response = await Proxy.Client.PostAsync("/api/v1/prompt",
            new StringContent("""{"prompt":"as a form"}""", Encoding.UTF8, "application/x-www-form-urlencoded"));
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
    }

    [Fact]
    public async Task A_byte_order_mark_is_passed_over()
    {
        using var response = await PostAsync([0xEF, 0xBB, 0xBF, .. """{"prompt":"from Windows"}"""u8]);
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
    }

    [Fact]
    public async Task A_body_without_a_length_is_taken_too()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/prompt")
        {
            Content = new StreamContent(new MemoryStream("""{"prompt":"in chunks"}"""u8.ToArray())),
            Headers = { TransferEncodingChunked = true },
        };
        using var response = await Proxy.Client.SendAsync(request);
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
    }

    [Fact]
    public async Task The_clients_fields_reach_Ollama_byte_for_byte_and_ours_do_not()
    {
        var marker = Guid.NewGuid();
        using var response = await PostAsync(
            $$"""
            {"prompt":"caf\u00e9 \/ {{marker}}", "model": "tiny" ,
             "options" :{"temperature":0.70,"seed":12345678901234567890, "x": [ 1e2,null ]},
             "system":"\u00fc\t", "brand_new": {"deep":"\u003c"}, "format":{"type": "object" }, "images": [ "AAAA" ],
             "think":false, "keep_alive" : "5m",
             "priority":3, "max_attempts":2, "timeout":60, "metadata":{"mine":1}, "stream":false}
            """);
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        await Proxy.ResultAsync((await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!);

        var sent = Encoding.UTF8.GetString(Proxy.Ollama.Requests.All.Single(request =>
            Encoding.UTF8.GetString(request.Body.Span).Contains($"{marker}", StringComparison.Ordinal)).Body.Span);
        using var body = JsonDocument.Parse(sent);
        Assert.Equal(
            ["brand_new", "format", "images", "keep_alive", "model", "options", "prompt", "stream", "system", "think"],
            body.RootElement.EnumerateObject().Select(field => field.Name).Order());
        string Raw(string name) => body.RootElement.GetProperty(name).GetRawText();
        Assert.Equal($"\"caf\\u00e9 \\/ {marker}\"", Raw("prompt"));
        Assert.Equal("""{"temperature":0.70,"seed":12345678901234567890, "x": [ 1e2,null ]}""", Raw("options"));
        Assert.Equal("\"\\u00fc\\t\"", Raw("system"));
        Assert.Equal("""{"deep":"\u003c"}""", Raw("brand_new"));
        Assert.Equal("""{"type": "object" }""", Raw("format"));
        Assert.Equal("""[ "AAAA" ]""", Raw("images"));
        Assert.Equal("\"5m\"", Raw("keep_alive"));
        Assert.Equal("true", Raw("stream"));
    }

    [Fact]
    public async Task No_header_of_the_clients_is_passed_on_to_Ollama()
    {
        var marker = Guid.NewGuid();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/prompt")
        {
            Content = JsonContent.Create(new { prompt = $"{marker}" }),
            Headers = { { "Origin", "http://localhost:3000" }, { "Cookie", "a=b" } },
        };
        using var response = await Proxy.Client.SendAsync(request);
        await Proxy.ResultAsync((await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!);

        var sent = Proxy.Ollama.Requests.All.Single(logged =>
            Encoding.UTF8.GetString(logged.Body.Span).Contains($"{marker}", StringComparison.Ordinal));
        Assert.Equal((null, Proxy.Ollama.BaseAddress.Authority), (sent.Origin, sent.Host));
        Assert.DoesNotContain("Cookie", sent.Headers.Keys);
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("   ", "JSON")]
    [InlineData("prompt=hello", "JSON")]
    [InlineData("{\"prompt\":\"hello\"", "JSON")]
    [InlineData("{\"prompt\":\"hello\"} {}", "JSON")]
    [InlineData("{\"prompt\":\"hello\"}x", "JSON")]
    [InlineData("{'prompt':'hello'}", "JSON")]
    [InlineData("{\"prompt\":\"a\",\"prompt\":\"b\"}", "prompt")]
    [InlineData("[\"hello\"]", "an array")]
    [InlineData("\"hello\"", "a string")]
    [InlineData("null", "null")]
    [InlineData("{}", "'prompt' is missing")]
    [InlineData("{\"prompt\":null}", "'prompt' is missing")]
    [InlineData("{\"prompt\":5}", "'prompt'")]
    [InlineData("{\"prompt\":[\"hello\"]}", "'prompt'")]
    [InlineData("{\"prompt\":\"\"}", "'prompt' is blank")]
    [InlineData("{\"prompt\":\" \\t\\n\\u00a0\"}", "'prompt' is blank")]
    [InlineData("{\"prompt\":\"half \\ud83d\"}", "'prompt'")]
    [InlineData("{\"prompt\":\"hello\",\"options\":{\"stop\":[\"\\uDE00\"]}}", "'options'")]
    [InlineData("{\"prompt\":\"hello\",\"\\ud800\":1}", "surrogate")]
    [InlineData("{\"prompt\":\"hello\",\"metadata\":{\"\\ud800\":1}}", "surrogate")]
    [InlineData("{\"prompt\":\"hello\",\"model\":5}", "'model'")]
    [InlineData("{\"prompt\":\"hello\",\"model\":\" \"}", "'model' is blank")]
    [InlineData("{\"prompt\":\"hello\",\"system\":{}}", "'system'")]
    [InlineData("{\"prompt\":\"hello\",\"options\":\"hot\"}", "'options'")]
    [InlineData("{\"prompt\":\"hello\",\"format\":1}", "'format'")]
    [InlineData("{\"prompt\":\"hello\",\"images\":\"AAAA\"}", "'images'")]
    [InlineData("{\"prompt\":\"hello\",\"images\":[1]}", "'images'")]
    [InlineData("{\"prompt\":\"hello\",\"keep_alive\":true}", "'keep_alive'")]
    [InlineData("{\"prompt\":\"hello\",\"think\":1}", "'think'")]
    [InlineData("{\"prompt\":\"hello\",\"raw\":\"yes\"}", "'raw'")]
    [InlineData("{\"prompt\":\"hello\",\"suffix\":1}", "'suffix'")]
    [InlineData("{\"prompt\":\"hello\",\"template\":1}", "'template'")]
    [InlineData("{\"prompt\":\"hello\",\"priority\":\"high\"}", "'priority'")]
    [InlineData("{\"prompt\":\"hello\",\"priority\":1.5}", "1.5")]
    [InlineData("{\"prompt\":\"hello\",\"priority\":101}", "101")]
    [InlineData("{\"prompt\":\"hello\",\"max_attempts\":0}", "'max_attempts'")]
    [InlineData("{\"prompt\":\"hello\",\"timeout\":0}", "'timeout'")]
    [InlineData("{\"prompt\":\"hello\",\"timeout\":1e999}", "'timeout'")]
    [InlineData("{\"prompt\":\"hello\",\"metadata\":[]}", "'metadata'")]
    public async Task A_bad_body_gets_a_problem_that_names_what_is_wrong_and_changes_nothing(string body, string named)
    {
        var before = await TotalAsync();

        using var response = await PostAsync(body);

        var problem = await Problem.OfAsync(response, 400);
        Assert.Contains(named, problem.Error, StringComparison.Ordinal);
        Assert.Equal(before, await TotalAsync());
    }

    [Fact]
    public async Task Nesting_without_an_end_is_a_problem_and_no_crash()
    {
        using var response = await PostAsync("{\"prompt\":\"x\",\"options\":" + new string('[', 50_000));
        await Problem.OfAsync(response, 400);
    }

    [Fact]
    public async Task A_body_that_is_not_UTF_8_gets_a_problem()
    {
        using var response = await PostAsync([.. "{\"prompt\":\"caf"u8, 0xE9, .. "\"}"u8]);
        Assert.Contains("UTF-8", (await Problem.OfAsync(response, 400)).Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_body_that_is_too_large_gets_a_problem(bool chunked)
    {
        var prompt = $$"""{"prompt":"{{new string('x', ProxyFixture.MaxBodyBytes)}}"}""";
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/prompt")
        {
            Content = new StreamContent(new MemoryStream(Encoding.UTF8.GetBytes(prompt))),
            Headers = { TransferEncodingChunked = chunked },
        };
        using var response = await Proxy.Client.SendAsync(request);
        Assert.Contains($"{ProxyFixture.MaxBodyBytes}", (await Problem.OfAsync(response, 413)).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connection_survives_a_body_that_is_too_large()
    {
        using var handler = new SocketsHttpHandler { MaxConnectionsPerServer = 1 };
        using var client = new HttpClient(handler) { BaseAddress = Proxy.Client.BaseAddress };
        for (var round = 0; round < 20; round++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/prompt")
            {
                Content = new StreamContent(new MemoryStream(new byte[2 * ProxyFixture.MaxBodyBytes])),
                Headers = { TransferEncodingChunked = true },
            };
            using var tooLarge = await client.SendAsync(request);
            await Problem.OfAsync(tooLarge, 413);
            using var next = await client.PostAsJsonAsync("/api/v1/prompt", new { prompt = "" });
            await Problem.OfAsync(next, 400);
        }
    }

    [Fact]
    public async Task A_body_of_just_the_limit_is_accepted()
    {
        const string Frame = """{"prompt":""}""";
        using var response = await PostAsync($$"""{"prompt":"{{new string('x', ProxyFixture.MaxBodyBytes - Frame.Length)}}"}""");
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
    }

    private Task<HttpResponseMessage> PostAsync(string body) => PostAsync(Encoding.UTF8.GetBytes(body));

    private Task<HttpResponseMessage> PostAsync(byte[] body) =>
        Proxy.Client.PostAsync("/api/v1/prompt", new ByteArrayContent(body) { Headers = { ContentType = new("application/json") } });

    private async Task<long> TotalAsync() => (await Proxy.GetAsync("/api/v1/prompts")).GetProperty("total").GetInt64();

    public sealed class OnServer(ServerFixture fixture) : SubmitTests(fixture), IClassFixture<ServerFixture>;

    public sealed class OnFunctions(FunctionsFixture fixture) : SubmitTests(fixture), IClassFixture<FunctionsFixture>;
}
