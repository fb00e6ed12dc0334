using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Api;

public sealed class CorsTests
{
    private const string Foreign = "https://evil.example";

    private static readonly (string Method, string Path)[] Routes =
    [
        ("GET", "/"), ("GET", "/list"), ("GET", "/healthz"), ("POST", "/api/v1/prompt"), ("POST", "/api/v1/prompts"),
        ("GET", "/api/v1/prompts"), ("GET", "/api/v1/events"), ("GET", "/api/v1/stats"), ("POST", "/api/generate"), ("POST", "/api/chat"),
        ("GET", "/api/tags"), ("POST", "/api/pull"), ("POST", "/v1/chat/completions"), ("GET", "/v1/models"), ("POST", "/v1/messages"),
        ("GET", "/nothing"), ("POST", "/api//chat"), ("BREW", "/api/chat"),
    ];

    [Theory]
    [MemberData(nameof(ProxyHosts.Names), MemberType = typeof(ProxyHosts))]
    public async Task Only_the_origins_of_the_setting_are_let_in(string host)
    {
        await using var proxy = await RunningProxy.StartAsync(
            ProxyHosts.Named(host), settings: ("OLLAMA_PROXY_CORS_ORIGINS", "http://one.example, http://two.example:3000"));

        Assert.Equal("http://two.example:3000", await AllowedAsync(proxy, "http://two.example:3000"));
        Assert.Null(await AllowedAsync(proxy, "http://three.example"));
    }

    [Theory]
    [MemberData(nameof(ProxyHosts.Names), MemberType = typeof(ProxyHosts))]
    public async Task A_foreign_page_is_403_before_anything_runs_and_the_words_name_the_setting(string host)
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host));
        foreach (var (method, path) in Routes)
        {
            // As text, a body needs no preflight.
            var body = new StringContent("""{"model":"tiny","prompt":"hi","messages":[],"max_tokens":1}""", Encoding.UTF8, "text/plain");
            using var request = new HttpRequestMessage(new(method), path)
            {
                Content = method == "GET" ? null : body,
                Headers = { { "Origin", Foreign }, { "Prefer", "respond-async" } },
            };

            using var response = await proxy.Client.SendAsync(request);

            Assert.Equal((path, HttpStatusCode.Forbidden), (path, response.StatusCode));
            var error = (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error");
            var words = error.ValueKind == JsonValueKind.String ? error.GetString()! : error.GetProperty("message").GetString()!;
            Assert.Contains("OLLAMA_PROXY_CORS_ORIGINS", words, StringComparison.Ordinal);
            Assert.Contains(Foreign, words, StringComparison.Ordinal);
            Assert.Equal(path.StartsWith("/v1", StringComparison.Ordinal), error.ValueKind == JsonValueKind.Object);
            Assert.False(response.Headers.Contains("Access-Control-Allow-Origin"));
        }
        Assert.Equal((0, 0), (proxy.Ollama.Requests.Count, (await proxy.GetAsync("/api/v1/prompts")).GetProperty("total").GetInt32()));
    }

    [Theory]
    [MemberData(nameof(ProxyHosts.Names), MemberType = typeof(ProxyHosts))]
    public async Task Pages_of_this_machine_and_its_network_are_let_in_and_told_so(string host)
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host));
        foreach (var origin in new[]
        {
            "http://localhost:3000", "https://localhost", "http://127.0.0.1:8080", "http://[::1]:5173", "http://192.168.1.7",
            "http://nas.local:3000", "app://obsidian.md", "file://", "tauri://localhost", "vscode-webview://1a2b",
            "chrome-extension://abcdefghijklmnop", "moz-extension://a-b",
        })
        {
            Assert.Equal(origin, await AllowedAsync(proxy, origin));
            using var preflight = await PreflightAsync(proxy, "/api/chat", origin);
            Assert.Equal(HttpStatusCode.NoContent, preflight.StatusCode);
            Assert.Equal(origin, preflight.Headers.GetValues("Access-Control-Allow-Origin").Single());
        }
    }

    [Theory]
    [MemberData(nameof(ProxyHosts.Names), MemberType = typeof(ProxyHosts))]
    public async Task A_preflight_of_a_foreign_page_is_403_on_every_route(string host)
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host));
        foreach (var path in new[] { "/", "/list", "/healthz", "/api/v1/prompt", "/api/chat", "/v1/chat/completions", "/nothing" })
            foreach (var origin in new[] { Foreign, "null", "http://localhost.evil.example", "http://", "evil" })
            {
                using var preflight = await PreflightAsync(proxy, path, origin);
                Assert.Equal((path, origin, HttpStatusCode.Forbidden), (path, origin, preflight.StatusCode));
                Assert.False(preflight.Headers.Contains("Access-Control-Allow-Methods"));
            }
    }

    [Theory]
    [MemberData(nameof(ProxyHosts.Names), MemberType = typeof(ProxyHosts))]
    public async Task With_an_asterisk_every_page_is_let_in_as_by_the_original(string host)
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host), null,
            ("OLLAMA_PROXY_CORS_ORIGINS", "*"), ("OLLAMA_PROXY_ALLOW_MODEL_MANAGEMENT", "true"));
        foreach (var origin in new[] { Foreign, "null", "http://localhost", "capacitor://localhost", "nonsense" })
        {
            Assert.Equal("*", await AllowedAsync(proxy, origin));
            using var preflight = await PreflightAsync(proxy, "/api/v1/prompt", origin);
            Assert.Equal(HttpStatusCode.NoContent, preflight.StatusCode);
        }

        // To manage models, that is not enough.
        using var delete = new HttpRequestMessage(HttpMethod.Delete, "/api/delete")
        {
            Content = new StringContent("""{"model":"tiny"}"""),
            Headers = { { "Origin", Foreign } },
        };
        using var response = await proxy.Client.SendAsync(delete);
        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
    }

    [Theory]
    [MemberData(nameof(ProxyHosts.Names), MemberType = typeof(ProxyHosts))]
    public async Task A_page_that_this_program_serves_is_let_in_under_whatever_name_it_is_served(string host)
    {
        await using var proxy = await RunningProxy.StartAsync(
            ProxyHosts.Named(host), settings: ("OLLAMA_PROXY_HOSTS", "queue.example.org"));
        foreach (var (served, origin, site, status) in new[]
        {
            ("queue.example.org", "http://queue.example.org", null, HttpStatusCode.OK),
            ("queue.example.org:8000", "http://queue.example.org:8000", null, HttpStatusCode.OK),
            // TLS ends in front of this program.
            ("queue.example.org", "https://queue.example.org", null, HttpStatusCode.OK),
            ("queue.example.org:443", "https://queue.example.org", null, HttpStatusCode.OK),
            ("203.0.113.7:8000", "http://203.0.113.7:8000", null, HttpStatusCode.OK),
            ("queue", "http://queue", null, HttpStatusCode.OK),
            // A reverse proxy changes the host: only the browser knows.
            ("127.0.0.1:8000", "https://queue.example.org", "same-origin", HttpStatusCode.OK),
            ("127.0.0.1:8000", "https://queue.example.org", "same-site", HttpStatusCode.Forbidden),
            ("127.0.0.1:8000", "https://queue.example.org", "cross-site", HttpStatusCode.Forbidden),
            ("queue.example.org", "http://queue.example.org:9000", null, HttpStatusCode.Forbidden),
            ("queue.example.org:8000", "http://other.example.org:8000", null, HttpStatusCode.Forbidden),
            ("queue", "http://queue.evil.example", null, HttpStatusCode.Forbidden),
        })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/prompts") { Headers = { { "Origin", origin } } };
            request.Headers.Host = served;
            if (site is not null)
                request.Headers.Add("Sec-Fetch-Site", site);
            using var response = await proxy.Client.SendAsync(request);
            Assert.Equal((served, origin, site, status), (served, origin, site, response.StatusCode));
        }
    }

    private static async Task<HttpResponseMessage> PreflightAsync(RunningProxy proxy, string path, string origin)
    {
        using var request = new HttpRequestMessage(HttpMethod.Options, path) { Headers = { { "Access-Control-Request-Method", "POST" } } };
        request.Headers.TryAddWithoutValidation("Origin", origin);
        return await proxy.Client.SendAsync(request);
    }

    private static async Task<string?> AllowedAsync(RunningProxy proxy, string origin)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/healthz") { Headers = { { "Origin", origin } } };
        using var response = await proxy.Client.SendAsync(request);
        return response.Headers.TryGetValues("Access-Control-Allow-Origin", out var values) ? values.Single() : null;
    }
}
