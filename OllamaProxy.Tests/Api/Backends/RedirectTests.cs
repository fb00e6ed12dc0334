using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using Microsoft.AspNetCore.Http;
using OllamaProxy.Tests.Support;
using OllamaProxy.Tests.Support.Backends;

namespace OllamaProxy.Tests.Api.Backends;

/// <summary>A backend that sends everybody elsewhere: https in place of http, another port, a page to sign in.</summary>
public sealed class RedirectTests
{
    private static readonly (string Method, string Path)[] Passed =
    [
        ("GET", "/api/tags"), ("GET", "/api/version"), ("GET", "/v1/models"), ("GET", "/v1/models/tiny"), ("POST", "/api/show"),
        ("POST", "/api/pull"), ("DELETE", "/api/delete"),
    ];

    [Theory]
    [InlineData(301, "https://elsewhere.example{0}", "https://elsewhere.example/")]
    [InlineData(302, "https://elsewhere.example/ollama{0}", "https://elsewhere.example/ollama/")]
    [InlineData(303, "https://elsewhere.example/sign-in?state=s3cret", "https://elsewhere.example/sign-in")]
    [InlineData(307, "https://user:s3cret@elsewhere.example{0}#s3cret", "https://elsewhere.example/")]
    [InlineData(308, "/sign-in", "/sign-in")]
    [InlineData(302, null, "an address that it does not name")]
    public async Task A_redirect_is_told_of_and_never_passed_on_or_followed(int status, string? location, string told)
    {
        var asked = new ConcurrentBag<string>();
        await using var ollama = await RedirectAsync(status, location, path =>
        {
            asked.Add(path);
            return true;
        });
        foreach (var host in new[] { nameof(ProxyHosts.Server), nameof(ProxyHosts.Functions) })
        {
            await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host), null, ("OLLAMA_URL", ollama.Url),
                ("OLLAMA_PROXY_ALLOW_MODEL_MANAGEMENT", "true"));
            var id = await proxy.SubmitAsync(new { prompt = "waits" });

            var error = (await proxy.GetAsync("/api/v1/stats")).GetProperty("backends")[0].GetProperty("error").GetString()!;
            Assert.Contains("OLLAMA_URL is redirected to ", error, StringComparison.Ordinal);
            Assert.Contains($"{told}: {ollama.Url}/ answered {status}", error, StringComparison.Ordinal);
            Assert.DoesNotContain("s3cret", error, StringComparison.Ordinal);
            foreach (var (method, path) in Passed)
            {
                using var request = new HttpRequestMessage(new(method), path);
                request.Content = method == "GET" ? null : JsonContent.Create(new { model = "tiny" });
                using var response = await proxy.Client.SendAsync(request);
                Assert.Equal((path, HttpStatusCode.ServiceUnavailable, (Uri?)null), (path, response.StatusCode, response.Headers.Location));
                Assert.Contains("OLLAMA_URL is redirected to ", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            }
            Assert.DoesNotContain(asked, path => path == "/sign-in");
            var prompt = await proxy.StatusAsync(id);
            Assert.Equal((0, "queued"), (prompt.GetProperty("attempts").GetInt32(), prompt.GetProperty("status").GetString()));
        }
    }

    [Theory]
    [MemberData(nameof(ProxyHosts.Names), MemberType = typeof(ProxyHosts))]
    public async Task Where_only_calls_are_redirected_their_clients_are_told_of_it(string host)
    {
        await using var ollama = await RedirectAsync(307, "https://elsewhere.example{0}", path => path is "/api/generate" or "/api/chat");
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host), null, ("OLLAMA_URL", ollama.Url),
            ("OLLAMA_MAX_ATTEMPTS", "2"));

        using var call = await proxy.Client.PostAsJsonAsync("/api/chat", new { model = "tiny" });
        var result = await proxy.ResultAsync(await proxy.SubmitAsync(new { prompt = "hello" }));

        Assert.Null(call.Headers.Location);
        Assert.InRange((int)call.StatusCode, 500, 599);
        Assert.Contains("OLLAMA_URL is redirected to https://elsewhere.example/", await call.Content.ReadAsStringAsync(),
            StringComparison.Ordinal);
        Assert.Contains("OLLAMA_URL is redirected to https://elsewhere.example/", result.GetProperty("error").GetString(),
            StringComparison.Ordinal);
    }

    private static Task<RawOllama> RedirectAsync(int status, string? location, Func<string, bool> isRedirected) =>
        RawOllama.AnswerAllAsync(async context =>
    {
        var path = context.Request.Path.Value!;
        if (!isRedirected(path))
        {
            await context.Response.WriteAsJsonAsync(new { version = "1.2.3", models = Array.Empty<object>() });
            return;
        }
        context.Response.StatusCode = status;
        if (location is not null)
            context.Response.Headers.Location = location.Replace("{0}", path, StringComparison.Ordinal);
    });
}
