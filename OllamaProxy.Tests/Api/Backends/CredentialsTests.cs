using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OllamaProxy.Tests.Support;
using OllamaProxy.Tests.Support.Backends;

namespace OllamaProxy.Tests.Api.Backends;

/// <summary>A gateway in front of Ollama that wants to know who is calling, and a password that is nobody's business.</summary>
public sealed class CredentialsTests : IAsyncLifetime
{
    private const string Secret = "s3cret";

    private readonly ConcurrentBag<(string Path, string Header)> _requests = [];
    private RawOllama _gateway = null!;
    private string _header = "Authorization";

    public async Task InitializeAsync() => _gateway = await RawOllama.AnswerAllAsync(AnswerAsync);

    public async Task DisposeAsync() => await _gateway.DisposeAsync();

    public static TheoryData<string, string, string, string, string> Ways
    {
        get
        {
            var ways = new TheoryData<string, string, string, string, string>();
            foreach (var host in new[] { nameof(ProxyHosts.Server), nameof(ProxyHosts.Functions) })
            {
                ways.Add(host, "http://user:s3cret@{0}/v1", "", "Authorization", "Basic " + Convert.ToBase64String("user:s3cret"u8));
                ways.Add(host, "http://{0};header=X-Api-Key: s3cret", "unused", "X-Api-Key", Secret);
                ways.Add(host, "{0}", Secret, "Authorization", "Bearer " + Secret);
            }
            return ways;
        }
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Every_request_to_a_backend_has_its_credentials_and_nobody_sees_them(
        string host, string url, string token, string header, string value)
    {
        _header = header;
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host), null,
            ("OLLAMA_URL", url.Replace("{0}", new Uri(_gateway.Url).Authority, StringComparison.Ordinal)),
            ("OLLAMA_PROXY_BACKEND_TOKEN", token),
            ("OLLAMA_PROXY_ALLOW_MODEL_MANAGEMENT", "true"));

        var id = await proxy.SubmitAsync(new { prompt = "hello" });
        Assert.Equal("hi", (await proxy.ResultAsync(id)).GetProperty("result").GetString());
        var seen = new List<string>();
        foreach (var path in new[] { $"/api/v1/prompt/{id}", "/api/v1/stats", "/api/v1/models" })
            seen.Add(await proxy.Client.GetStringAsync(path));
        foreach (var path in new[] { "/api/chat", "/api/show", "/api/pull" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, path) { Headers = { { header, "the client's own" } } };
            request.Content = JsonContent.Create(new { model = "tiny", stream = false });
            using var response = await proxy.Client.SendAsync(request);
            Assert.Equal((path, HttpStatusCode.OK), (path, response.StatusCode));
            seen.Add(response.Headers + await response.Content.ReadAsStringAsync());
        }
        foreach (var path in new[] { "/api/tags", "/api/ps", "/api/version", "/v1/models", "/v1/models/tiny" })
            seen.Add(await proxy.Client.GetStringAsync(path));

        Assert.Equal([value], _requests.Select(request => request.Header).Distinct());
        Assert.Equal(
            [
                "/api/chat", "/api/generate", "/api/ps", "/api/pull", "/api/show", "/api/tags", "/api/version", "/v1/models",
                "/v1/models/tiny",
            ],
            _requests.Select(request => request.Path).Distinct().Order(StringComparer.Ordinal));
        Assert.All(seen, answer => Assert.DoesNotContain(Secret, answer, StringComparison.Ordinal));
        Assert.Contains($"http://{new Uri(_gateway.Url).Authority}/", seen[1], StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(ProxyHosts.Names), MemberType = typeof(ProxyHosts))]
    public async Task No_error_shows_them(string host)
    {
        await using var proxy = await RunningProxy.StartAsync(
            ProxyHosts.Named(host), null, ("OLLAMA_URL", $"http://user:{Secret}@127.0.0.1:9;header=X-Key: {Secret}"));

        List<string> seen = [(await proxy.GetAsync("/api/v1/stats")).ToString()];
        foreach (var path in new[] { "/api/v1/models", "/api/tags", "/v1/models/tiny" })
        {
            using var response = await proxy.Client.GetAsync(path);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
            seen.Add(await response.Content.ReadAsStringAsync());
        }

        Assert.All(seen, answer => Assert.Contains("Ollama at http://127.0.0.1:9/ cannot be reached", answer, StringComparison.Ordinal));
        Assert.All(seen, answer => Assert.DoesNotContain(Secret, answer, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(401)]
    [InlineData(403)]
    public async Task Where_they_are_missing_the_error_says_how_to_give_them(int status)
    {
        await using var gateway = await RawOllama.AnswerAllAsync(context =>
        {
            context.Response.StatusCode = status;
            return Task.CompletedTask;
        });
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Server, null, ("OLLAMA_URL", gateway.Url));

        var error = (await proxy.GetAsync("/api/v1/stats")).GetProperty("backends")[0].GetProperty("error").GetString();

        Assert.Contains($"{status}", error, StringComparison.Ordinal);
        Assert.Contains("OLLAMA_PROXY_BACKEND_TOKEN", error, StringComparison.Ordinal);
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var path = context.Request.Path.Value!;
        _requests.Add((path, context.Request.Headers[_header].ToString()));
        object answer = path switch
        {
            "/api/version" => new { version = "1.2.3" },
            "/api/tags" or "/api/ps" => new { models = new[] { new { name = "tiny" } } },
            "/v1/models" => new { data = new[] { new { id = "tiny" } } },
            "/api/generate" => new { response = "hi", done = true },
            "/api/chat" => new { message = new { content = "hi" }, done = true },
            _ => new { status = "success" },
        };
        if (path is "/api/generate")
        {
            context.Response.ContentType = "application/x-ndjson";
            await context.Response.WriteAsync(JsonSerializer.Serialize(answer) + "\n");
        }
        else
        {
            await context.Response.WriteAsJsonAsync(answer);
        }
    }
}
