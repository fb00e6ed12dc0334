using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using OllamaProxy.Tests.Support;
using OllamaProxy.Tests.Support.Backends;
using OllamaProxy.Tests.Worker;

namespace OllamaProxy.Tests.Api.Calls;

/// <summary>What passes between clients and Ollama past the queue, and what does not pass at all.</summary>
public sealed class BackendForwarderTests
{
    [Theory]
    [MemberData(nameof(ProxyHosts.Names), MemberType = typeof(ProxyHosts))]
    public async Task No_path_leads_out_of_its_route(string host)
    {
        var seen = new ConcurrentQueue<string>();
        await using var ollama = await ForwarderRig.OllamaAsync(context =>
        {
            seen.Enqueue(context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget);
            return context.Response.WriteAsync("{}");
        });
        await using var proxy = await ForwarderRig.StartAsync(host, ollama.Url + "/base");
        foreach (var (method, path) in new[]
        {
            ("GET", "/v1/models/%252e%252e/%252e%252e/api/secret"), ("GET", "/v1/models/a/%252E%252e/x"),
            ("GET", "/v1/models/..%2F..%2Fapi%2Fsecret"), ("GET", "/v1/models/..%5C..%5Csecret"),
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
        Assert.All(seen, target => Assert.True(
            target.StartsWith("/base/v1/models/", StringComparison.Ordinal) || target is "/base/api/tags" or "/base/api/ps", target));
    }

    [Theory]
    [InlineData("/api/tags")]
    [InlineData("/api/ps")]
    [InlineData("/api/version")]
    [InlineData("/v1/models")]
    public async Task What_Ollama_says_instead_of_telling_of_itself_is_passed_on_unless_another_tells(string path)
    {
        await using var closed = await RawOllama.AnswerAllAsync(
            context => ForwarderRig.AnswerAsync(context, 401, """{"error":"unauthorized"}"""));
        await using var broken = await RawOllama.AnswerAllAsync(context => ForwarderRig.AnswerAsync(context, 500, "no"));
        await using (var proxy = await ForwarderRig.StartAsync(nameof(ProxyHosts.Server), $"{closed.Url},{broken.Url}"))
        {
            using var response = await proxy.Client.GetAsync(path);
            Assert.Equal(
                (HttpStatusCode.Unauthorized, """{"error":"unauthorized"}"""),
                (response.StatusCode, await response.Content.ReadAsStringAsync()));
        }

        await using var good = await RawOllama.AnswerAllAsync(
            context => ForwarderRig.AnswerAsync(context, 200, """{ "version":"0.0.0","models":[],"data":[] }"""));
        await using (var proxy = await ForwarderRig.StartAsync(nameof(ProxyHosts.Server), $"{closed.Url},{good.Url},{broken.Url}"))
        {
            using var response = await proxy.Client.GetAsync(path);
            Assert.Equal(
                (HttpStatusCode.OK, """{ "version":"0.0.0","models":[],"data":[] }"""),
                (response.StatusCode, await response.Content.ReadAsStringAsync()));
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
            await using var proxy = await ForwarderRig.StartAsync(nameof(ProxyHosts.Server), url);
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
        await using var ollama = await ForwarderRig.OllamaAsync(async context =>
        {
            if (context.Request.Path != "/api/pull")
                return;
            context.Response.ContentType = "application/x-ndjson";
            await context.Response.WriteAsync("{\"status\":\"pulling manifest\"}\n");
            await context.Response.Body.FlushAsync();
            await seen.Task.WaitAsync(context.RequestAborted);
            await context.Response.WriteAsync("{\"status\":\"success\"}\n");
        });
        await using var proxy = await ForwarderRig.StartAsync(host, ollama.Url);

        using var response = await proxy.Client.SendAsync(
            CallTests.Post("/api/pull", """{"model":"m"}"""), HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        Assert.Equal("""{"status":"pulling manifest"}""", await reader.ReadLineAsync());
        seen.SetResult();
        Assert.Equal("""{"status":"success"}""", await reader.ReadLineAsync());
    }

    [Theory]
    [MemberData(nameof(ProxyHosts.Names), MemberType = typeof(ProxyHosts))]
    public async Task What_makes_and_publishes_models_passes_with_its_body(string host)
    {
        await using var ollama = await ForwarderRig.OllamaAsync(async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            await ForwarderRig.AnswerAsync(context, 201,
                $"{context.Request.Method} {context.Request.Path} {Encoding.UTF8.GetString(body.ToArray())}");
        });
        await using var proxy = await ForwarderRig.StartAsync(host, ollama.Url);
        foreach (var path in new[] { "/api/push", "/api/create", "/api/blobs/sha256:00" })
        {
            using var response = await proxy.Client.SendAsync(CallTests.Post(path, """{"model":"m"}"""));
            Assert.Equal(
                (HttpStatusCode.Created, $$"""POST {{path}} {"model":"m"}"""),
                (response.StatusCode, await response.Content.ReadAsStringAsync()));
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
        foreach (var (origin, status) in new[]
        {
            ("https://known.example", HttpStatusCode.OK), ("https://other.example", HttpStatusCode.Forbidden),
        })
        {
            using var request = CallTests.Post("/api/pull", """{"model":"m"}""");
            request.Headers.Add("Origin", origin);
            using var response = await proxy.Client.SendAsync(request);
            Assert.Equal((origin, status), (origin, response.StatusCode));
        }
    }
}
