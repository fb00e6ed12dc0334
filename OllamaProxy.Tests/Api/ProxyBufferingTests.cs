using OllamaProxy.Tests.Api.Calls;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Api;

/// <summary>Reverse proxies such as nginx buffer answers unless they are told not to.</summary>
public sealed class ProxyBufferingTests
{
    [Theory]
    [MemberData(nameof(ProxyHosts.Names), MemberType = typeof(ProxyHosts))]
    public async Task Streamed_answers_are_not_to_be_buffered_and_others_may_be(string host)
    {
        await using var proxy = await RunningProxy.StartAsync(
            ProxyHosts.Named(host), null, ("OLLAMA_PROXY_ALLOW_MODEL_MANAGEMENT", "true"));
        foreach (var (path, body, isStreamed) in new[]
        {
            ("/api/generate", """{"model":"tiny","prompt":"hi"}""", true),
            ("/api/generate", """{"model":"tiny","prompt":"hi","stream":false}""", false),
            ("/api/chat", """{"model":"tiny","messages":[{"role":"user","content":"hi"}]}""", true),
            ("/v1/chat/completions", """{"model":"tiny","messages":[{"role":"user","content":"hi"}],"stream":true}""", true),
            ("/v1/chat/completions", """{"model":"tiny","messages":[{"role":"user","content":"hi"}]}""", false),
            ("/v1/completions", """{"model":"tiny","prompt":"hi","stream":true}""", true),
            ("/v1/responses", """{"model":"tiny","input":"hi","stream":true}""", true),
            ("/v1/messages", """{"model":"tiny","max_tokens":9,"messages":[{"role":"user","content":"hi"}],"stream":true}""", true),
            ("/api/embed", """{"model":"tiny","input":"hi"}""", false),
            ("/api/pull", """{"model":"fresh"}""", true),
            ("/api/show", """{"model":"tiny"}""", false),
        })
        {
            using var response = await proxy.Client.SendAsync(CallTests.Post(path, body));
            Assert.Equal((path, body, isStreamed ? "no" : null), (path, body, Buffering(response)));
            if (response.Headers.Contains("X-Prompt-Id"))
            {
                using var again = await proxy.Client.GetAsync($"/api/v1/prompt/{CallTests.IdOf(response)}/response");
                Assert.Equal((path, body, isStreamed ? "no" : null), (path, body, Buffering(again)));
            }
        }
        var id = await proxy.SubmitAsync(new { prompt = "hi" });
        foreach (var path in new[] { $"/api/v1/prompt/{id}/stream", "/api/v1/events" })
        {
            using var events = await proxy.Client.GetAsync(path, HttpCompletionOption.ResponseHeadersRead);
            Assert.Equal("no", Buffering(events));
        }
    }

    private static string? Buffering(HttpResponseMessage response) =>
        response.Headers.TryGetValues("X-Accel-Buffering", out var values) ? values.Single() : null;
}
