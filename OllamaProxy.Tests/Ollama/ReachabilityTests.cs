using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using OllamaProxy.Benchmarks.Processes;
using OllamaProxy.Tests.Support;
using OllamaProxy.Tests.Support.Backends;

namespace OllamaProxy.Tests.Ollama;

/// <summary>Whether an Ollama counts as being there.</summary>
public sealed class ReachabilityTests
{
    [Theory]
    [InlineData("/api/version", "silent")]
    [InlineData("/api/version", "broken")]
    [InlineData("/api/version", "foreign")]
    [InlineData("/api/tags", "silent")]
    [InlineData("/api/tags", "broken")]
    [InlineData("/api/tags", "foreign")]
    public async Task One_of_version_and_models_is_enough(string bad, string fault)
    {
        await using var ollama = await RawOllama.AnswerAllAsync(async context =>
        {
            var path = context.Request.Path.Value;
            if (path == bad && fault == "silent")
                await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            else if (path == bad)
                (context.Response.StatusCode, context.Response.ContentType) = (fault == "broken" ? 500 : 200, "text/html");
            else if (path is "/api/version" or "/api/tags" or "/api/ps")
                await context.Response.WriteAsJsonAsync(new { version = "1.2.3", models = new[] { new { name = "llama3.2" } } });
            else
                await context.Response.WriteAsync("""{"response":"hi","done":true}""" + "\n");
        });
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Server, null, ("OLLAMA_URL", ollama.Url));

        Assert.Equal("hi", (await proxy.ResultAsync(await proxy.SubmitAsync(new { prompt = "hello" }))).GetProperty("result").GetString());
        // A prompt is run before the first look has ended.
        if (fault != "foreign")
            await Eventually.NotNull(async () => (await proxy.GetAsync("/api/v1/stats")).GetProperty("backends")[0]
                .GetProperty("reachable").GetBoolean() ? "reachable" : null);
    }

    [Fact]
    public async Task A_server_that_answers_everything_with_an_empty_object_is_no_Ollama()
    {
        var calls = 0;
        await using var other = await RawOllama.AnswerAllAsync(context =>
        {
            Interlocked.Add(ref calls, context.Request.Method == "POST" ? 1 : 0);
            return context.Response.WriteAsJsonAsync(new { });
        });
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Server, null, ("OLLAMA_URL", other.Url));

        Assert.Contains("no version", (await proxy.GetAsync("/api/v1/stats")).GetProperty("backends")[0].GetProperty("error").GetString(),
            StringComparison.Ordinal);
        Assert.Equal(0, calls);
    }

    [Theory]
    [InlineData("HTTP_PROXY")]
    [InlineData("ALL_PROXY")]
    public async Task A_proxy_that_does_not_answer_is_named_without_its_password(string setting)
    {
        var address = $"127.0.0.1:{FreePort.Next()}";
        await using var proxy = await RunningProxy.StartAsync(
            ProxyHosts.Server, null, ("OLLAMA_URL", "http://gpu.example:11434"), (setting, $"http://user:s3cret@{address}"));

        var error = (await proxy.GetAsync("/api/v1/stats")).GetProperty("backends")[0].GetProperty("error").GetString();

        Assert.Contains($"http://gpu.example:11434/ cannot be reached through the proxy http://{address}/ (of {setting}", error,
            StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_proxy_is_asked_for_backends_elsewhere_with_its_credentials_and_named_in_its_own_errors()
    {
        var (asked, authorization) = ("", "");
        await using var gateway = await RawOllama.AnswerAllAsync(context =>
        {
            if (context.Request.Headers.ProxyAuthorization.Count == 0)
            {
                context.Response.StatusCode = 407;
                context.Response.Headers.ProxyAuthenticate = "Basic realm=\"x\"";
                return Task.CompletedTask;
            }
            (asked, authorization) = (context.Request.Host.ToString(), context.Request.Headers.ProxyAuthorization.ToString());
            context.Response.StatusCode = 503;
            return context.Response.WriteAsync("no way");
        });
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Server, null,
            ("OLLAMA_URL", "http://gpu.example:11434"),
            ("HTTP_PROXY", gateway.Url.Replace("://", "://user:s3cret@", StringComparison.Ordinal)),
            ("NO_PROXY", "other.example"));

        var error = (await proxy.GetAsync("/api/v1/stats")).GetProperty("backends")[0].GetProperty("error").GetString();

        Assert.Equal(("gpu.example:11434", "Basic " + Convert.ToBase64String("user:s3cret"u8)), (asked, authorization));
        Assert.Contains($"through the proxy {gateway.Url}/", error, StringComparison.Ordinal);
        Assert.Contains("503", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_Ollama_on_this_machine_is_asked_without_the_proxy()
    {
        await using var proxy = await RunningProxy.StartAsync(
            ProxyHosts.Server, null, ("HTTP_PROXY", "http://127.0.0.1:9"), ("ALL_PROXY", "http://127.0.0.1:9"));
        Assert.Equal("completed",
            (await proxy.ResultAsync(await proxy.SubmitAsync(new { prompt = "hello" }))).GetProperty("status").GetString());
    }
}
