using System.Text;
using OllamaProxy.Tests.Support;
using OllamaProxy.Tests.Support.Backends;

namespace OllamaProxy.Tests.Api.Http;

/// <summary>How long names can be: they come back in lists and statuses.</summary>
public sealed class NameLimitTests
{
    private static readonly string Fits = new('m', 256);
    private static readonly string TooLong = new('m', 257);

    public static TheoryData<string, string> Refused
    {
        get
        {
            var bodies = new (string Body, string Field)[]
            {
                ($$"""{"prompt":"p","model":"{{TooLong}}"}""", "'model'"),
                ($$"""{"prompt":"p","model":"{{new string('é', 20_000)}}"}""", "'model'"),
                ($$$"""{"prompt":"p","metadata":{"{{{TooLong}}}":1}}""", "'metadata'"),
                ($$$"""{"prompt":"p","metadata":{"a":[{"b":{"{{{TooLong}}}":1}}]}}""", "'metadata'"),
                ($$$"""{"prompt":"p","metadata":{"a":"{{{new string('x', 64 * 1024)}}}"}}""", "'metadata'"),
            };
            var data = new TheoryData<string, string>();
            foreach (var (body, name) in bodies)
                data.Add(body, name);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task A_name_or_an_object_that_is_too_long_is_400_alone_and_in_a_batch(string body, string field)
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Server, null, ("OLLAMA_PROXY_WORKER", "false"));
        foreach (var (path, content) in new[] { ("/api/v1/prompt", body), ("/api/v1/prompts", $"[{body}]") })
        {
            using var response = await PostAsync(proxy, path, content);
            Assert.Contains(field, (await Problem.OfAsync(response, 400)).Error, StringComparison.Ordinal);
        }
        Assert.Equal(0, (await proxy.GetAsync("/api/v1/prompts")).GetProperty("total").GetInt32());
    }

    [Fact]
    public async Task What_is_as_long_as_it_may_be_is_taken()
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Server, null, ("OLLAMA_PROXY_WORKER", "false"));
        var value = new string('x', (64 * 1024) - 256 - 7);
        using var response = await PostAsync(proxy, "/api/v1/prompt",
            $$$"""{"prompt":"p","model":"{{{Fits}}}","metadata":{"{{{Fits}}}":"{{{value}}}"}}""");
        Assert.Equal(202, (int)response.StatusCode);
    }

    [Theory]
    [InlineData("/api/generate", "error")]
    [InlineData("/api/chat", "error")]
    [InlineData("/api/embed", "error")]
    [InlineData("/api/show", "error")]
    [InlineData("/v1/chat/completions", "invalid_request_error")]
    [InlineData("/v1/embeddings", "invalid_request_error")]
    [InlineData("/v1/responses", "invalid_request_error")]
    [InlineData("/v1/messages", "invalid_request_error")]
    public async Task A_call_with_a_model_that_is_too_long_is_400_in_its_familys_shape_and_no_prompt(string path, string shape)
    {
        foreach (var host in new[] { ProxyHosts.Server, ProxyHosts.Functions })
        {
            await using var proxy = await RunningProxy.StartAsync(host, null, ("OLLAMA_PROXY_WORKER", "false"));
            foreach (var field in new[] { "model", "MODEL" })
            {
                using var response = await PostAsync(proxy, path,
                    $$"""{"{{field}}":"{{TooLong}}","prompt":"p","messages":[{"role":"user","content":"p"}]}""");
                var answer = await response.Content.ReadAsStringAsync();
                Assert.Equal(400, (int)response.StatusCode);
                Assert.Contains(shape, answer, StringComparison.Ordinal);
                Assert.Contains("at most 256 characters", answer, StringComparison.Ordinal);
            }
            Assert.Equal(0, (await proxy.GetAsync("/api/v1/prompts")).GetProperty("total").GetInt32());
        }
    }

    [Fact]
    public async Task Ollamas_words_are_cut_where_they_would_fill_every_list()
    {
        await using var ollama = await RawOllama.StartAsync(request =>
            request.SendAsync($$"""{"error":"invalid format {{new string('e', 2_000_000)}}"}""" + "\n"));
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Server, null, ("OLLAMA_URL", ollama.Url),
            ("OLLAMA_MAX_ATTEMPTS", "1"));
        var id = await proxy.SubmitAsync(new { prompt = "p" });

        var error = (await proxy.ResultAsync(id)).GetProperty("error").GetString()!;

        Assert.StartsWith("invalid format eee", error, StringComparison.Ordinal);
        Assert.InRange(error.Length, 1000, 5000);
        Assert.True((await proxy.GetAsync("/api/v1/prompts")).GetRawText().Length < 10_000);
    }

    private static Task<HttpResponseMessage> PostAsync(RunningProxy proxy, string path, string body) =>
        proxy.Client.PostAsync(path, new StringContent(body, Encoding.UTF8, "application/json"));
}
