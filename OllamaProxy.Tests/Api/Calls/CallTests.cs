using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using OllamaProxy.Protocol;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Api.Calls;

/// <summary>Ollama's own API, and what it has of OpenAI's and Anthropic's, through the queue. Real clients are in <c>Clients</c>.</summary>
public abstract class CallTests(ProxyFixture fixture)
{
    /// <summary>A call on each route, as JSON whose first line break, if any, is part of it.</summary>
    public static TheoryData<string, string, string, string, string> Calls => new()
    {
        { "/api/generate", """{ "model":"tiny",  "prompt" : "h\u00e9llo" , "stream":false}""", "generate", "héllo", Said("héllo") },
        { "/api/generate", """{"model":"tiny","prompt":"in parts"}""", "generate", "in parts", Said("in parts") },
        { "/api/chat",
            """{"model":"tiny","messages":[{"role":"user","content":"old"},{"role":"assistant","content":"yes"},"""
                + """{"role":"user","content":"new"}]}""",
            "chat", "new", Said("new") },
        { "/api/chat", """{"model":"tiny","messages":[{"role":"user","content":"whole"}],"stream":false}""", "chat", "whole",
            Said("whole") },
        { "/api/embed", """{"model":"tiny","input":["one","two"]}""", "embed", "one\ntwo", "" },
        { "/api/embeddings", """{"model":"tiny","prompt":"one"}""", "embed", "one", "" },
        { "/v1/chat/completions", """{"model":"tiny","messages":[{"role":"user","content":[{"type":"text","text":"a part"}]}]}""",
            "chat", "a part", Said("a part") },
        { "/v1/chat/completions", """{"model":"tiny","messages":[{"role":"user","content":"hi"}],"stream":true}""", "chat", "hi",
            Said("hi") },
        { "/v1/completions", """{"model":"tiny","prompt":"hi"}""", "generate", "hi", Said("hi") },
        { "/v1/completions", """{"model":"tiny","prompt":"hi","stream":true}""", "generate", "hi", Said("hi") },
        { "/v1/embeddings", """{"model":"tiny","input":"hi"}""", "embed", "hi", "" },
        { "/v1/responses", """{"model":"tiny","input":"hi"}""", "chat", "hi", Said("hi") },
        { "/v1/responses", """{"model":"tiny","input":[{"role":"user","content":"hi"}],"stream":true}""", "chat", "hi", Said("hi") },
        { "/v1/messages", """{"model":"tiny","max_tokens":100,"messages":[{"role":"user","content":"hi"}]}""", "chat", "hi", Said("hi") },
        { "/v1/messages", """{"model":"tiny","max_tokens":100,"messages":[{"role":"user","content":"hi"}],"stream":true}""",
            "chat", "hi", Said("hi") },
    };

    private RunningProxy Proxy => fixture.Proxy;

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task A_call_becomes_a_prompt_whose_response_is_what_its_client_was_answered(string path, string body, string kind,
        string prompt, string result)
    {
        using var response = await PostAsync(path, body);
        var answer = await response.Content.ReadAsByteArrayAsync();

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var id = IdOf(response);
        var status = await Proxy.StatusWhenAsync(id, status => status.GetProperty("status").GetString() == "completed");
        Assert.Equal(
            (kind, path, "tiny", 10),
            (Text(status, "kind"), Text(status, "endpoint"), Text(status, "model"), status.GetProperty("priority").GetInt32()));
        Assert.Equal(prompt, Text(await Proxy.GetAsync($"/api/v1/prompt/{id}"), "prompt"));
        Assert.Equal(result, Text(await Proxy.ResultAsync(id), "result"));

        using var again = await Proxy.Client.GetAsync($"/api/v1/prompt/{id}/response");
        Assert.Equal(answer, await again.Content.ReadAsByteArrayAsync());
        Assert.Equal((response.StatusCode, response.Content.Headers.ContentType), (again.StatusCode, again.Content.Headers.ContentType));
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task Ollama_gets_the_call_as_it_came(string path, string body, string kind, string prompt, string result)
    {
        var marked = body[..^1] + $$""","x":"{{kind}}{{prompt.Length}}{{result.Length}}{{Guid.NewGuid()}}"}""";
        using var response = await PostAsync(path, marked);
        var logged = Assert.Single(Proxy.Ollama.Requests.All, logged => Encoding.UTF8.GetString(logged.Body.Span) == marked);
        Assert.Equal(path, logged.Path);
    }

    [Fact]
    public async Task Who_has_the_whole_answer_finds_the_prompt_completed()
    {
        for (var round = 0; round < 20; round++)
        {
            using var response = await PostAsync("/api/generate", """{"model":"tiny","prompt":"hi","stream":false}""");
            await response.Content.ReadAsByteArrayAsync();
            Assert.Equal("completed", Text(await Proxy.StatusAsync(IdOf(response)), "status"));
        }
    }

    [Fact]
    public async Task Some_headers_never_reach_Ollama_and_others_do()
    {
        var marker = Guid.NewGuid().ToString();
        using var request = Post("/api/chat?some=query", $$"""{"model":"tiny","messages":[],"x":"{{marker}}"}""");
        foreach (var (name, value) in new[]
        {
            ("Origin", "http://localhost:3000"), ("Authorization", "Bearer secret"), ("Cookie", "a=b"), ("X-API-Key", "secret"),
            ("Connection", "X-Stainless-Hop"),
            ("X-Stainless-Hop", "1"), ("TE", "trailers"), ("X-Custom", "secret"), ("X-Stainless-Lang", "js"), ("User-Agent", "some client"),
        })
            request.Headers.TryAddWithoutValidation(name, value);
        request.Headers.Host = "elsewhere.local";

        using var response = await Proxy.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var headers = Proxy.Ollama.Requests.All.Single(
            logged => Encoding.UTF8.GetString(logged.Body.Span).Contains(marker, StringComparison.Ordinal)).Headers;
        Assert.All(
            ["Origin", "Authorization", "Cookie", "X-API-Key", "X-Stainless-Hop", "TE", "Connection", "X-Custom"],
            name => Assert.DoesNotContain(name, headers.Keys, StringComparer.OrdinalIgnoreCase));
        Assert.Equal(
            ("js", "some client", Proxy.Ollama.BaseAddress.Authority),
            (headers["X-Stainless-Lang"], headers["User-Agent"], headers["Host"]));
    }

    [Theory]
    [InlineData("", 400, """{"error":"missing request body"}""")]
    [InlineData("{\"model\":\"tiny\",", 400, """{"error":"unexpected EOF"}""")]
    [InlineData("{\"model\":\"nosuch\"}", 404, """{"error":"model 'nosuch' not found"}""")]
    [InlineData("{\"prompt\":\"x\"}", 404, """{"error":"model '' not found"}""")]
    [InlineData("{\"model\":\"tiny\",\"prompt\":5}", 400,
        """{"error":"json: cannot unmarshal number into Go struct field GenerateRequest.prompt of type string"}""")]
    public async Task What_is_wrong_with_a_call_is_said_by_Ollama(string body, int status, string expected)
    {
        using var response = await PostAsync("/api/generate", body);
        Assert.Equal((status, expected), ((int)response.StatusCode, await response.Content.ReadAsStringAsync()));
        Assert.Equal("application/json; charset=utf-8", response.Content.Headers.ContentType!.ToString());
        Assert.Equal("failed", Text(await Proxy.ResultAsync(IdOf(response)), "status"));
    }

    [Fact]
    public async Task A_call_without_a_prompt_loads_a_model_and_unloads_it()
    {
        using var load = await PostAsync("/api/generate", """{"model":"llama3.2"}""");
        Assert.Contains("\"done_reason\":\"load\"", await load.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Contains("llama3.2", await Proxy.Client.GetStringAsync("/api/ps"), StringComparison.Ordinal);

        using var unload = await PostAsync("/api/generate", """{"model":"llama3.2","keep_alive":0}""");
        Assert.Contains("\"done_reason\":\"unload\"", await unload.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.DoesNotContain("llama3.2", await Proxy.Client.GetStringAsync("/api/ps"), StringComparison.Ordinal);
        // To load a model is work for it, and to unload it is none.
        Assert.Equal("", Text(await Proxy.GetAsync($"/api/v1/prompt/{IdOf(load)}"), "prompt"));
        Assert.False(unload.Headers.Contains("X-Prompt-Id"));
    }

    [Fact]
    public async Task A_body_over_the_limit_is_413_in_the_words_of_the_API()
    {
        var large = $$"""{"model":"tiny","prompt":"{{new string('x', ProxyFixture.MaxBodyBytes)}}"}""";
        foreach (var (path, type) in new[]
        {
            ("/api/generate", null), ("/v1/chat/completions", "api_error"), ("/v1/messages", "request_too_large"),
        })
        {
            using var response = await PostAsync(path, large);
            Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
            var error = (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error");
            Assert.Contains(
                "OLLAMA_PROXY_MAX_BODY_BYTES", type is null ? error.GetString() : Text(error, "message"), StringComparison.Ordinal);
            Assert.Equal(type, type is null ? null : Text(error, "type"));
        }
    }

    [Fact]
    public async Task Who_asks_for_it_gets_202_and_finds_the_response_later()
    {
        using var request = Post("/api/chat", """{"model":"tiny","messages":[{"role":"user","content":"later"}]}""", "respond-async");
        using var response = await Proxy.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        Assert.Equal("respond-async", response.Headers.GetValues("Preference-Applied").Single());
        var submitted = await response.Content.ReadFromJsonAsync<JsonElement>();
        var id = IdOf(response);
        Assert.Equal(
            ($"/api/v1/prompt/{id}/status", $"/api/v1/prompt/{id}/response"),
            (response.Headers.Location!.ToString(), Text(submitted, "response_url")));
        using var later = await Proxy.Client.GetAsync($"/api/v1/prompt/{id}/response?wait=60");
        Assert.Equal("application/x-ndjson", later.Content.Headers.ContentType!.ToString());
        Assert.Contains("\"done\":true", await later.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_waits_a_while_gets_the_response_itself_if_it_is_ready_by_then()
    {
        using var request = Post("/api/generate", """{"model":"tiny","prompt":"soon","stream":false}""", "respond-async, wait=60");
        using var response = await Proxy.Client.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Contains("\"done\":true", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task There_is_no_response_to_what_was_submitted()
    {
        var id = await Proxy.SubmitAsync(new { prompt = "hi" });
        using var response = await Proxy.Client.GetAsync($"/api/v1/prompt/{id}/response");
        await Problem.OfAsync(response, 404);
        using var unknown = await Proxy.Client.GetAsync($"/api/v1/prompt/{Guid.NewGuid()}/response");
        await Problem.OfAsync(unknown, 404);
        // Left in the queue, it would load its model while another test looks at what is loaded.
        await Proxy.ResultAsync(id);
    }

    [Theory]
    [InlineData("POST", "/api/pull")]
    [InlineData("POST", "/api/push")]
    [InlineData("POST", "/api/create")]
    [InlineData("POST", "/api/copy")]
    [InlineData("DELETE", "/api/delete")]
    [InlineData("POST", "/api/blobs/sha256:00")]
    public async Task Models_are_not_managed_unless_the_settings_allow_it(string method, string path)
    {
        using var response = await Proxy.Client.SendAsync(new(new(method), path) { Content = new StringContent("""{"model":"tiny"}""") });
        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        Assert.Contains(
            "OLLAMA_PROXY_ALLOW_MODEL_MANAGEMENT",
            Text(await response.Content.ReadFromJsonAsync<JsonElement>(), "error"),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_call_is_not_to_be_asked_for_with_another_method()
    {
        foreach (var endpoint in ApiRoute.All)
        {
            using var response = await Proxy.Client.GetAsync(endpoint.Path);
            Assert.Equal(
                (HttpStatusCode.MethodNotAllowed, "POST, OPTIONS"),
                (response.StatusCode, string.Join(", ", response.Content.Headers.Allow)));
        }
    }

    private static string Said(string prompt) => $"This is the Simulator, not a language model. You asked: \"{prompt}\"";

    internal static string IdOf(HttpResponseMessage response) => response.Headers.GetValues("X-Prompt-Id").Single();

    internal static string? Text(JsonElement value, string name) => value.GetProperty(name).GetString();

    internal static HttpRequestMessage Post(string path, string body, string? prefer = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Content = new StringContent(body, Encoding.UTF8, "application/json"),
        };
        if (prefer is not null)
            request.Headers.Add("Prefer", prefer);
        return request;
    }

    private Task<HttpResponseMessage> PostAsync(string path, string body) => Proxy.Client.SendAsync(Post(path, body));

    public sealed class OnServer(ServerFixture fixture) : CallTests(fixture), IClassFixture<ServerFixture>;

    public sealed class OnFunctions(FunctionsFixture fixture) : CallTests(fixture), IClassFixture<FunctionsFixture>;
}
