using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Api.Calls;

/// <summary>Which headers pass between clients and Ollama, through the queue and past it.</summary>
public sealed class ForwardedHeaderTests
{
    private static readonly string[] Secrets =
    [
        "Authorization", "Cookie", "X-API-Key", "api-key", "X-Goog-Api-Key", "X-Functions-Key", "X-MS-CLIENT-PRINCIPAL",
        "X-MS-TOKEN-AAD-ID-TOKEN", "Sec-Fetch-Mode",
        "Cf-Access-Jwt-Assertion", "CF-Access-Client-Secret", "X-Auth-Request-Access-Token", "X-Forwarded-Access-Token", "X-Amzn-Oidc-Data",
        "X-Goog-IAP-JWT-Assertion", "Ocp-Apim-Subscription-Key", "X-Tailscale-User", "X-Anything-Else",
    ];

    public static TheoryData<string, string, string> Requests
    {
        get
        {
            var requests = new TheoryData<string, string, string>();
            foreach (var host in new[] { nameof(ProxyHosts.Server), nameof(ProxyHosts.Functions) })
                foreach (var (method, path) in new[]
                {
                    ("POST", "/api/generate"), ("POST", "/api/show"), ("GET", "/v1/models/m"), ("POST", "/api/pull"), ("POST", "/api/push"),
                    ("DELETE", "/api/delete"),
                })
                    requests.Add(host, method, path);
            return requests;
        }
    }

    [Theory]
    [MemberData(nameof(Requests))]
    public async Task Headers_pass_in_any_script_and_none_that_is_a_secret_or_was_not_sent(string host, string method, string path)
    {
        var seen = new ConcurrentQueue<Dictionary<string, string>>();
        await using var ollama = await ForwarderRig.OllamaAsync(async context =>
        {
            if (context.Request.Path != path)
                return;
            seen.Enqueue(context.Request.Headers.ToDictionary(
                header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase));
            context.Response.Headers["X-Request-Id"] = "Café";
            await context.Response.WriteAsync("""{"done":true}""");
        });
        await using var proxy = await ForwarderRig.StartAsync(host, ollama.Url);
        using var client = Utf8Client(proxy);
        using var request = new HttpRequestMessage(new(method), path)
        {
            Content = method == "GET" ? null : new StringContent("""{"model":"m"}"""),
        };
        request.Headers.TryAddWithoutValidation("X-Stainless-Title", "Café");
        request.Headers.TryAddWithoutValidation("Accept-Encoding", "gzip");
        request.Headers.TryAddWithoutValidation("Origin", "http://localhost");
        request.Headers.Host = "elsewhere.local";
        foreach (var name in Secrets)
            request.Headers.TryAddWithoutValidation(name, "secret");
        if (request.Content is not null)
            request.Headers.TransferEncodingChunked = true;

        // Whoever traces the program must not change what Ollama gets.
        using var tracing = new ActivityListener
        {
            ShouldListenTo = _ => true,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
        };
        ActivitySource.AddActivityListener(tracing);
        using var response = await client.SendAsync(request);

        Assert.Equal((HttpStatusCode.OK, "Café"), (response.StatusCode, response.Headers.GetValues("X-Request-Id").Single()));
        var headers = Assert.Single(seen);
        Assert.Equal(("Café", new Uri(ollama.Url).Authority), (headers["X-Stainless-Title"], headers["Host"]));
        Assert.All(
            [.. Secrets, "Origin", "Accept-Encoding", "traceparent", "Request-Id"],
            name => Assert.DoesNotContain(name, headers.Keys, StringComparer.OrdinalIgnoreCase));
    }

    [Theory]
    [InlineData("/api/generate")]
    [InlineData("/api/show")]
    public async Task What_this_program_says_itself_is_said_once_and_what_is_about_one_connection_stays_there(string path)
    {
        await using var ollama = await ForwarderRig.OllamaAsync(async context =>
        {
            if (context.Request.Path != path)
                return;
            foreach (var (name, value) in new[]
            {
                ("Connection", "OpenAI-Hop"), ("OpenAI-Hop", "1"), ("X-RateLimit-Limit", "kept"), ("X-Prompt-Id", "theirs"),
                ("X-Content-Type-Options", "nosniff"), ("Preference-Applied", "wait=5"),
            })
                context.Response.Headers[name] = value;
            await context.Response.WriteAsync("""{"done":true}""");
        });
        await using var proxy = await ForwarderRig.StartAsync(nameof(ProxyHosts.Server), ollama.Url);

        using var request = CallTests.Post(path, """{"model":"m"}""", "respond-async, wait=60");
        using var response = await proxy.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(
            ("kept", "nosniff"),
            (response.Headers.GetValues("X-RateLimit-Limit").Single(), response.Headers.GetValues("X-Content-Type-Options").Single()));
        Assert.False(response.Headers.Contains("OpenAI-Hop"));
        if (path == "/api/generate")
        {
            Assert.True(Guid.TryParse(response.Headers.GetValues("X-Prompt-Id").Single(), out _));
            Assert.Equal("respond-async, wait=60", string.Join(", ", response.Headers.GetValues("Preference-Applied")));
        }
        else
        {
            Assert.False(response.Headers.Contains("X-Prompt-Id") || response.Headers.Contains("Preference-Applied"));
        }
    }

    private static HttpClient Utf8Client(RunningProxy proxy) => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        ActivityHeadersPropagator = null,
        RequestHeaderEncodingSelector = (_, _) => Encoding.UTF8,
        ResponseHeaderEncodingSelector = (_, _) => Encoding.UTF8,
    })
    { BaseAddress = proxy.Client.BaseAddress };
}
