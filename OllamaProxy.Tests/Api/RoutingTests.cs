using System.Net;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Api;

public abstract class RoutingTests(ProxyFixture fixture)
{
    private const string Id = "01a207a1-35fa-729c-b0c5-aebda091a5e0";

    private HttpClient Client => fixture.Proxy.Client;

    [Fact]
    public async Task Healthz_is_200_and_empty()
    {
        using var response = await Client.GetAsync("/healthz");
        Assert.Equal((HttpStatusCode.OK, ""), (response.StatusCode, await response.Content.ReadAsStringAsync()));
    }

    [Theory]
    [InlineData("/", "Queue Prompt")]
    [InlineData("/?id=" + Id, "Queue Prompt")]
    [InlineData("/list", "<table")]
    [InlineData("/list?page=2", "<table")]
    [InlineData("/batches", "Drop a JSONL file here")]
    public async Task The_pages_are_served(string path, string holds)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { { "Accept", "text/html" } } };
        using var response = await Client.SendAsync(request);
        Assert.Equal((HttpStatusCode.OK, "text/html"), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        Assert.Contains(holds, await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/list")]
    [InlineData("/healthz")]
    [InlineData("/api/v1/prompts")]
    [InlineData("/api/tags")]
    [InlineData("/v1/models/tiny")]
    public async Task HEAD_answers_as_GET_without_a_body(string path)
    {
        using var get = await Client.GetAsync(path);
        using var head = await Client.SendAsync(new(HttpMethod.Head, path));
        Assert.Equal((get.StatusCode, get.Content.Headers.ContentType), (head.StatusCode, head.Content.Headers.ContentType));
        Assert.Empty(await head.Content.ReadAsByteArrayAsync());
    }

    [Theory]
    [InlineData("/nothing")]
    [InlineData("/index.html")]
    [InlineData("/api/v1")]
    [InlineData("/api/v1/prompt/a/b/c")]
    [InlineData("/api/v1/prompts/more")]
    [InlineData("/list/more")]
    [InlineData("/%2e%2e/%2e%2e/etc/passwd")]
    public async Task An_unknown_route_is_404_for_every_method(string path)
    {
        foreach (var method in new[] { HttpMethod.Get, HttpMethod.Post, HttpMethod.Delete })
        {
            using var response = await Client.SendAsync(new(method, path));
            await Problem.OfAsync(response, 404);
        }
    }

    [Theory]
    [InlineData("POST", "/", "GET, HEAD, OPTIONS")]
    [InlineData("DELETE", "/list", "GET, HEAD, OPTIONS")]
    [InlineData("POST", "/healthz", "GET, HEAD, OPTIONS")]
    [InlineData("GET", "/api/v1/prompt", "POST, OPTIONS")]
    [InlineData("PUT", "/api/v1/prompt", "POST, OPTIONS")]
    [InlineData("DELETE", "/api/v1/prompts", "GET, HEAD, POST, OPTIONS")]
    [InlineData("POST", "/api/v1/prompt/" + Id + "/status", "GET, HEAD, OPTIONS")]
    [InlineData("PATCH", "/api/v1/prompt/" + Id + "/result", "GET, HEAD, OPTIONS")]
    [InlineData("BREW", "/api/v1/prompt/" + Id, "GET, HEAD, PUT, PATCH, DELETE, OPTIONS")]
    [InlineData("GET", "/api/v1/prompt/" + Id + "/cancel", "POST, OPTIONS")]
    public async Task A_wrong_method_is_405_and_says_which_are_right(string method, string path, string allowed)
    {
        using var response = await Client.SendAsync(new(new(method), path));
        await Problem.OfAsync(response, 405);
        Assert.Equal(allowed, string.Join(", ", response.Content.Headers.Allow));
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/list")]
    [InlineData("/healthz")]
    [InlineData("/api/v1/prompt")]
    [InlineData("/api/v1/prompts")]
    [InlineData("/api/v1/prompt/" + Id + "/status")]
    [InlineData("/api/v1/prompt/" + Id + "/result")]
    [InlineData("/nothing")]
    public async Task A_preflight_is_204_on_every_route_and_echoes_the_headers(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Options, path)
        {
            Headers =
            {
                { "Origin", "http://localhost:3000" },
                { "Access-Control-Request-Method", "POST" },
                { "Access-Control-Request-Headers", "content-type,x-mine" },
            },
        };
        using var response = await Client.SendAsync(request);
        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        Assert.Equal("http://localhost:3000", Header(response, "Access-Control-Allow-Origin"));
        Assert.Equal("POST", Header(response, "Access-Control-Allow-Methods"));
        Assert.Equal("content-type,x-mine", Header(response, "Access-Control-Allow-Headers"));
    }

    [Theory]
    [InlineData("/api/v1/prompts")]
    [InlineData("/api/v1/prompt/nope/status")]
    [InlineData("/nothing")]
    public async Task Every_answer_can_be_read_from_another_origin_problems_too(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { { "Origin", "http://localhost:3000" } } };
        using var response = await Client.SendAsync(request);
        Assert.Equal("http://localhost:3000", Header(response, "Access-Control-Allow-Origin"));
        Assert.Equal("Location,Retry-After,Preference-Applied,X-Prompt-Id,X-Prompt-Truncated-To,RateLimit-Policy,RateLimit",
            Header(response, "Access-Control-Expose-Headers"));
    }

    [Fact]
    public async Task No_answer_is_to_be_stored()
    {
        foreach (var path in new[] { "/", "/list", "/healthz", "/api/v1/prompts", "/nothing" })
        {
            using var response = await Client.GetAsync(path);
            Assert.Equal("no-store", response.Headers.CacheControl?.ToString());
        }
    }

    private static string Header(HttpResponseMessage response, string name) => Assert.Single(response.Headers.GetValues(name));

    public sealed class OnServer(ServerFixture fixture) : RoutingTests(fixture), IClassFixture<ServerFixture>;

    public sealed class OnFunctions(FunctionsFixture fixture) : RoutingTests(fixture), IClassFixture<FunctionsFixture>;
}
