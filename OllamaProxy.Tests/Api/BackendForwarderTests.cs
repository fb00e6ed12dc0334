using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using OllamaProxy.Tests.Support;
using OllamaProxy.Tests.Worker;

namespace OllamaProxy.Tests.Api;

/// <summary>What passes between clients and Ollama as it is, and what does not pass at all, through the queue and past it.</summary>
public sealed class BackendForwarderTests
{
    private static readonly string[] Secrets =
    [
        "Authorization", "Cookie", "X-API-Key", "api-key", "X-Goog-Api-Key", "X-Functions-Key", "X-MS-CLIENT-PRINCIPAL", "X-MS-TOKEN-AAD-ID-TOKEN", "Sec-Fetch-Mode",
        "Cf-Access-Jwt-Assertion", "CF-Access-Client-Secret", "X-Auth-Request-Access-Token", "X-Forwarded-Access-Token", "X-Amzn-Oidc-Data",
        "X-Goog-IAP-JWT-Assertion", "Ocp-Apim-Subscription-Key", "X-Tailscale-User", "X-Anything-Else",
    ];

    public static TheoryData<string, string, string> Requests
    {
        get
        {
            var requests = new TheoryData<string, string, string>();
            foreach (var host in new[] { nameof(ProxyHosts.Server), nameof(ProxyHosts.Functions) })
                foreach (var (method, path) in new[] { ("POST", "/api/generate"), ("POST", "/api/show"), ("GET", "/v1/models/m"), ("POST", "/api/pull"), ("POST", "/api/push"), ("DELETE", "/api/delete") })
                    requests.Add(host, method, path);
            return requests;
        }
    }

    [Theory]
    [MemberData(nameof(Requests))]
    public async Task Headers_pass_in_any_script_and_none_that_is_a_secret_or_was_not_sent(string host, string method, string path)
    {
        var seen = new ConcurrentQueue<Dictionary<string, string>>();
        await using var ollama = await OllamaAsync(async context =>
        {
            if (context.Request.Path != path)
                return;
            seen.Enqueue(context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase));
            context.Response.Headers["X-Request-Id"] = "Café";
            await context.Response.WriteAsync("""{"done":true}""");
        });
        await using var proxy = await StartAsync(host, ollama.Url);
        using var client = Utf8Client(proxy);
        using var request = new HttpRequestMessage(new(method), path) { Content = method == "GET" ? null : new StringContent("""{"model":"m"}""") };
        request.Headers.TryAddWithoutValidation("X-Stainless-Title", "Café");
        request.Headers.TryAddWithoutValidation("Accept-Encoding", "gzip");
        request.Headers.TryAddWithoutValidation("Origin", "http://localhost");
        request.Headers.Host = "elsewhere.local";
        foreach (var name in Secrets)
            request.Headers.TryAddWithoutValidation(name, "secret");
        if (request.Content is not null)
            request.Headers.TransferEncodingChunked = true;

        // Whoever traces the program must not change what Ollama gets.
        using var tracing = new ActivityListener { ShouldListenTo = _ => true, Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData };
        ActivitySource.AddActivityListener(tracing);
        using var response = await client.SendAsync(request);

        Assert.Equal((HttpStatusCode.OK, "Café"), (response.StatusCode, response.Headers.GetValues("X-Request-Id").Single()));
        var headers = Assert.Single(seen);
        Assert.Equal(("Café", new Uri(ollama.Url).Authority), (headers["X-Stainless-Title"], headers["Host"]));
        Assert.All([.. Secrets, "Origin", "Accept-Encoding", "traceparent", "Request-Id"], name => Assert.DoesNotContain(name, headers.Keys, StringComparer.OrdinalIgnoreCase));
    }

    [Theory]
    [InlineData("/api/generate")]
    [InlineData("/api/show")]
    public async Task What_this_program_says_itself_is_said_once_and_what_is_about_one_connection_stays_there(string path)
    {
        await using var ollama = await OllamaAsync(async context =>
        {
            if (context.Request.Path != path)
                return;
            foreach (var (name, value) in new[]
            {
                ("Connection", "OpenAI-Hop"), ("OpenAI-Hop", "1"), ("X-RateLimit-Limit", "kept"), ("X-Prompt-Id", "theirs"), ("X-Content-Type-Options", "nosniff"), ("Preference-Applied", "wait=5"),
            })
                context.Response.Headers[name] = value;
            await context.Response.WriteAsync("""{"done":true}""");
        });
        await using var proxy = await StartAsync(nameof(ProxyHosts.Server), ollama.Url);

        using var request = CallTests.Post(path, """{"model":"m"}""", "respond-async, wait=60");
        using var response = await proxy.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(("kept", "nosniff"), (response.Headers.GetValues("X-RateLimit-Limit").Single(), response.Headers.GetValues("X-Content-Type-Options").Single()));
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

    [Theory]
    [MemberData(nameof(ProxyHosts.Names), MemberType = typeof(ProxyHosts))]
    public async Task No_path_leads_out_of_its_route(string host)
    {
        var seen = new ConcurrentQueue<string>();
        await using var ollama = await OllamaAsync(context =>
        {
            seen.Enqueue(context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget);
            return context.Response.WriteAsync("{}");
        });
        await using var proxy = await StartAsync(host, ollama.Url + "/base");
        foreach (var (method, path) in new[]
        {
            ("GET", "/v1/models/%252e%252e/%252e%252e/api/secret"), ("GET", "/v1/models/a/%252E%252e/x"), ("GET", "/v1/models/..%2F..%2Fapi%2Fsecret"), ("GET", "/v1/models/..%5C..%5Csecret"),
            ("POST", "/api/blobs/%252e%252e"), ("HEAD", "/api/blobs/%252e%252e"),
        })
        {
            using var response = await proxy.Client.SendAsync(new(new(method), path));
            Assert.Equal((path, HttpStatusCode.NotFound), (path, response.StatusCode));
        }
        foreach (var path in new[] { "/v1/models/hf.co/a/b:Q4", "/v1/models/hf.co%2Fa%2Fb:Q4", "/v1/models/m..x" })
        {
            using var response = await proxy.Client.GetAsync(path);
            Assert.Equal((path, HttpStatusCode.OK), (path, response.StatusCode));
            Assert.Contains("/base" + path, seen);
        }
        Assert.All(seen, target => Assert.True(target.StartsWith("/base/v1/models/", StringComparison.Ordinal) || target is "/base/api/tags" or "/base/api/ps", target));
    }

    [Theory]
    [InlineData("/api/tags")]
    [InlineData("/api/ps")]
    [InlineData("/api/version")]
    [InlineData("/v1/models")]
    public async Task What_Ollama_says_instead_of_telling_of_itself_is_passed_on_unless_another_tells(string path)
    {
        await using var closed = await RawOllama.AnswerAllAsync(context => AnswerAsync(context, 401, """{"error":"unauthorized"}"""));
        await using var broken = await RawOllama.AnswerAllAsync(context => AnswerAsync(context, 500, "no"));
        await using (var proxy = await StartAsync(nameof(ProxyHosts.Server), $"{closed.Url},{broken.Url}"))
        {
            using var response = await proxy.Client.GetAsync(path);
            Assert.Equal((HttpStatusCode.Unauthorized, """{"error":"unauthorized"}"""), (response.StatusCode, await response.Content.ReadAsStringAsync()));
        }

        await using var good = await RawOllama.AnswerAllAsync(context => AnswerAsync(context, 200, """{ "version":"0.0.0","models":[],"data":[] }"""));
        await using (var proxy = await StartAsync(nameof(ProxyHosts.Server), $"{closed.Url},{good.Url},{broken.Url}"))
        {
            using var response = await proxy.Client.GetAsync(path);
            Assert.Equal((HttpStatusCode.OK, """{ "version":"0.0.0","models":[],"data":[] }"""), (response.StatusCode, await response.Content.ReadAsStringAsync()));
        }
    }

    [Theory]
    [InlineData("/api/tags")]
    [InlineData("/api/ps")]
    [InlineData("/api/version")]
    [InlineData("/v1/models")]
    public async Task What_is_not_Ollama_is_as_good_as_not_there(string path)
    {
        await using var one = await ForeignServer.StartAsync();
        await using var other = await ForeignServer.StartAsync();
        foreach (var url in new[] { one.Address, $"{one.Address},{other.Address}" })
        {
            await using var proxy = await StartAsync(nameof(ProxyHosts.Server), url);
            using var response = await proxy.Client.GetAsync(path);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
            Assert.Contains("is OLLAMA_URL right?", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        await using var mixed = await RunningProxy.StartAsync(ProxyHosts.Server);
        var expected = await mixed.Client.GetStringAsync(path);
        await mixed.RestartAsync(("OLLAMA_URL", $"{one.Address},{mixed.Ollama.BaseAddress}"));
        Assert.Equal(expected, await mixed.Client.GetStringAsync(path));
    }

    [Theory]
    [MemberData(nameof(ProxyHosts.Names), MemberType = typeof(ProxyHosts))]
    public async Task The_progress_of_a_pull_arrives_as_it_is_made(string host)
    {
        var seen = new TaskCompletionSource();
        await using var ollama = await OllamaAsync(async context =>
        {
            if (context.Request.Path != "/api/pull")
                return;
            context.Response.ContentType = "application/x-ndjson";
            await context.Response.WriteAsync("{\"status\":\"pulling manifest\"}\n");
            await context.Response.Body.FlushAsync();
            await seen.Task.WaitAsync(context.RequestAborted);
            await context.Response.WriteAsync("{\"status\":\"success\"}\n");
        });
        await using var proxy = await StartAsync(host, ollama.Url);

        using var response = await proxy.Client.SendAsync(CallTests.Post("/api/pull", """{"model":"m"}"""), HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        Assert.Equal("""{"status":"pulling manifest"}""", await reader.ReadLineAsync());
        seen.SetResult();
        Assert.Equal("""{"status":"success"}""", await reader.ReadLineAsync());
    }

    [Theory]
    [MemberData(nameof(ProxyHosts.Names), MemberType = typeof(ProxyHosts))]
    public async Task What_makes_and_publishes_models_passes_with_its_body(string host)
    {
        await using var ollama = await OllamaAsync(async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            await AnswerAsync(context, 201, $"{context.Request.Method} {context.Request.Path} {Encoding.UTF8.GetString(body.ToArray())}");
        });
        await using var proxy = await StartAsync(host, ollama.Url);
        foreach (var path in new[] { "/api/push", "/api/create", "/api/blobs/sha256:00" })
        {
            using var response = await proxy.Client.SendAsync(CallTests.Post(path, """{"model":"m"}"""));
            Assert.Equal((HttpStatusCode.Created, $$"""POST {{path}} {"model":"m"}"""), (response.StatusCode, await response.Content.ReadAsStringAsync()));
        }
        using var head = await proxy.Client.SendAsync(new(HttpMethod.Head, "/api/blobs/sha256:00"));
        Assert.Equal(HttpStatusCode.Created, head.StatusCode);
    }

    [Theory]
    [MemberData(nameof(ProxyHosts.Names), MemberType = typeof(ProxyHosts))]
    public async Task Pages_of_an_origin_that_the_settings_name_may_manage_models(string host)
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host), null,
            ("OLLAMA_PROXY_ALLOW_MODEL_MANAGEMENT", "true"), ("OLLAMA_PROXY_CORS_ORIGINS", "https://known.example"));
        foreach (var (origin, status) in new[] { ("https://known.example", HttpStatusCode.OK), ("https://other.example", HttpStatusCode.Forbidden) })
        {
            using var request = CallTests.Post("/api/pull", """{"model":"m"}""");
            request.Headers.Add("Origin", origin);
            using var response = await proxy.Client.SendAsync(request);
            Assert.Equal((origin, status), (origin, response.StatusCode));
        }
    }

    /// <summary>An Ollama that knows its version.</summary>
    private static Task<RawOllama> OllamaAsync(RequestDelegate answer) => RawOllama.AnswerAllAsync(context =>
        context.Request.Path.Value!.EndsWith("/api/version", StringComparison.Ordinal) ? AnswerAsync(context, 200, """{"version":"0.0.0"}""") : answer(context));

    private static Task AnswerAsync(HttpContext context, int status, string body)
    {
        context.Response.StatusCode = status;
        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : context.Response.WriteAsync(body);
    }

    private static Task<RunningProxy> StartAsync(string host, string url) =>
        RunningProxy.StartAsync(ProxyHosts.Named(host), null, ("OLLAMA_URL", url), ("OLLAMA_PROXY_ALLOW_MODEL_MANAGEMENT", "true"));

    private static HttpClient Utf8Client(RunningProxy proxy) => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        ActivityHeadersPropagator = null,
        RequestHeaderEncodingSelector = (_, _) => Encoding.UTF8,
        ResponseHeaderEncodingSelector = (_, _) => Encoding.UTF8,
    })
    { BaseAddress = proxy.Client.BaseAddress };
}
