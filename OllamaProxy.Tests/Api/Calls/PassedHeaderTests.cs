using System.Net;
using Microsoft.AspNetCore.Http;
using OllamaProxy.Tests.Support;
using OllamaProxy.Tests.Support.Backends;

namespace OllamaProxy.Tests.Api.Calls;

/// <summary>A backend's answers are served on the origin of this program: what of their heads is, and under which policy.</summary>
public sealed class PassedHeaderTests
{
    private const string Sandbox = "sandbox; default-src 'none'";

    private static readonly (string Name, string Value)[] ForClients =
    [
        ("Content-Encoding", "identity"), ("Retry-After", "7"), ("Retry-After-Ms", "7000"), ("X-Request-Id", "r1"), ("Request-Id", "r2"),
        ("OpenAI-Processing-Ms", "12"), ("openai-version", "2020-10-01"), ("Anthropic-RateLimit-Requests-Remaining", "3"),
            ("X-RateLimit-Limit-Requests", "60"),
    ];

    private static readonly string[] NotForClients =
    [
        "Set-Cookie", "Clear-Site-Data", "Strict-Transport-Security", "Refresh", "WWW-Authenticate", "Proxy-Authenticate",
            "Authentication-Info", "Location", "Content-Location",
        "Link", "Alt-Svc", "Content-Disposition", "Content-Security-Policy-Report-Only", "Access-Control-Allow-Origin",
            "Access-Control-Allow-Credentials", "Service-Worker-Allowed",
        "SourceMap", "X-SourceMap", "Public-Key-Pins", "Expect-CT", "Report-To", "Reporting-Endpoints", "NEL", "Origin-Trial", "Accept-CH",
            "Critical-CH", "Permissions-Policy", "Feature-Policy",
        "Referrer-Policy", "Cross-Origin-Opener-Policy", "Cross-Origin-Embedder-Policy", "Cross-Origin-Resource-Policy",
            "Origin-Agent-Cluster", "Document-Policy", "Timing-Allow-Origin",
        "X-Frame-Options", "X-XSS-Protection", "X-DNS-Prefetch-Control", "X-UA-Compatible", "X-Permitted-Cross-Domain-Policies",
            "X-Accel-Redirect", "X-Accel-Expires", "X-Sendfile",
        "Speculation-Rules", "Sec-WebSocket-Accept", "Upgrade-Insecure-Requests", "ETag", "Last-Modified", "Expires", "Age", "Pragma",
            "Warning", "Via", "Server-Timing", "No-Vary-Search", "Set-Login",
        "X-Powered-By", "X-Anything-Else", "Activate-Storage-Access", "Content-Language", "Accept-Ranges", "Content-Range", "Tk", "P3P",
            "DPR", "Use-As-Dictionary",
    ];

    [Theory]
    [InlineData(nameof(ProxyHosts.Server), "/api/generate")]
    [InlineData(nameof(ProxyHosts.Server), "/api/show")]
    [InlineData(nameof(ProxyHosts.Server), "/api/pull")]
    [InlineData(nameof(ProxyHosts.Server), "/api/tags")]
    [InlineData(nameof(ProxyHosts.Functions), "/v1/chat/completions")]
    [InlineData(nameof(ProxyHosts.Functions), "/api/show")]
    public async Task Of_the_headers_of_an_answer_only_those_that_an_API_needs_are_passed_on(string host, string path)
    {
        await using var ollama = await RawOllama.AnswerAllAsync(async context =>
        {
            if (context.Request.Path != path)
            {
                await context.Response.WriteAsJsonAsync(new { version = "0.0.0" });
                return;
            }
            context.Response.StatusCode = 418;
            context.Response.ContentType = "text/html";
            foreach (var (name, value) in ForClients)
                context.Response.Headers[name] = value;
            foreach (var name in NotForClients)
                context.Response.Headers[name] = "1; url=/evil";
            await context.Response.Body.WriteAsync("""{"error":"<script>alert(1)</script>"}"""u8.ToArray());
        });
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host), null, ("OLLAMA_URL", ollama.Url),
            ("OLLAMA_PROXY_ALLOW_MODEL_MANAGEMENT", "true"), ("OLLAMA_MAX_ATTEMPTS", "1"));

        using var request = CallTests.Post(path, """{"model":"tiny"}""");
        if (path == "/api/tags")
            (request.Method, request.Content) = (HttpMethod.Get, null);
        using var response = await proxy.Client.SendAsync(request);
        AssertHead(response);

        if (response.Headers.Contains("X-Prompt-Id"))
        {
            using var again = await proxy.Client.GetAsync($"/api/v1/prompt/{CallTests.IdOf(response)}/response");
            AssertHead(again);
        }
    }

    private static void AssertHead(HttpResponseMessage response)
    {
        Assert.Equal((418, "text/html"), ((int)response.StatusCode, response.Content.Headers.ContentType!.ToString()));
        var headers = response.Headers.Concat(response.Content.Headers)
            .ToDictionary(header => header.Key, header => string.Join(", ", header.Value), StringComparer.OrdinalIgnoreCase);
        Assert.All(ForClients, header => Assert.Equal(header.Value, headers[header.Name]));
        Assert.All(NotForClients, name => Assert.DoesNotContain(name, headers.Keys, StringComparer.OrdinalIgnoreCase));
        Assert.Equal(("nosniff", Sandbox), (headers["X-Content-Type-Options"], headers["Content-Security-Policy"]));
    }

    [Theory]
    [InlineData("application/json", false)]
    [InlineData("application/json; charset=utf-8", false)]
    [InlineData("Application/JSON", false)]
    [InlineData("application/problem+json", false)]
    [InlineData("application/x-ndjson", false)]
    [InlineData("text/event-stream", false)]
    [InlineData("text/event-stream;charset=utf-8", false)]
    [InlineData("text/html", true)]
    [InlineData("TEXT/HTML; charset=utf-7", true)]
    [InlineData("text/plain", true)]
    [InlineData("text/xml", true)]
    [InlineData("application/xhtml+xml", true)]
    [InlineData("image/svg+xml", true)]
    [InlineData("application/pdf", true)]
    [InlineData("application/javascript", true)]
    [InlineData("text/html; application/json", true)]
    [InlineData("multipart/x-mixed-replace; boundary=application/json", true)]
    [InlineData("application/octet-stream", true)]
    [InlineData(null, true)]
    public async Task What_is_not_JSON_lines_of_it_or_events_is_put_into_a_sandbox(string? type, bool isSandboxed)
    {
        await using var ollama = await RawOllama.StartAsync(answer =>
        {
            answer.Context.Response.ContentType = type;
            return answer.SendAsync("""{"response":"hi","done":true}""");
        });
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Server, null, ("OLLAMA_URL", ollama.Url),
            ("OLLAMA_MAX_ATTEMPTS", "1"));

        foreach (var path in new[] { "/api/generate", "/api/show" })
        {
            using var response = await proxy.Client.SendAsync(CallTests.Post(path, """{"model":"tiny"}"""));
            // A parameter without a name is none of a media type's.
            if (response.StatusCode == HttpStatusCode.BadGateway)
                continue;
            Assert.Equal("nosniff", response.Headers.GetValues("X-Content-Type-Options").Single());
            Assert.Equal(isSandboxed ? [Sandbox] : [], response.Headers.TryGetValues("Content-Security-Policy", out var policy)
                ? policy : []);
        }
    }
}
