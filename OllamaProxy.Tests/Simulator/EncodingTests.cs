using System.Net;
using System.Net.Http.Headers;
using OllamaProxy.Tests.Api;
using OllamaProxy.Tests.Api.Calls;

namespace OllamaProxy.Tests.Simulator;

/// <summary>Bodies with a <c>Content-Encoding</c>, as Ollama 0.33 takes them.</summary>
public sealed class EncodingTests : SimulatorTest
{
    [Theory]
    [InlineData("/v1/chat/completions", "zstd", 200, null)]
    [InlineData("/v1/messages", "zstd", 200, null)]
    [InlineData("/v1/chat/completions", "ZSTD", 400, "(")]
    [InlineData("/v1/chat/completions", "gzip", 400, @"\\x1f")]
    [InlineData("/api/chat", "zstd", 400, "(")]
    [InlineData("/api/chat", "gzip", 400, @"\\x1f")]
    public async Task Zstd_is_decoded_on_the_compatible_routes_and_nothing_else(string path, string encoding, int status, string? character)
    {
        const string Call = """{"model":"tiny","max_tokens":9,"messages":[{"role":"user","content":"hi"}],"stream":false}""";
        var body = EncodedCallTests.Encode(encoding, Call);
        var (actual, answer) = await SendAsync(path, encoding, body);
        Assert.Equal((HttpStatusCode)status, actual);
        if (character is null)
            return;
        var words = $"\"invalid character '{character}' looking for beginning of value\"";
        Assert.Equal(path.StartsWith("/api", StringComparison.Ordinal)
            ? $$"""{"error":{{words}}}"""
            : $$$"""{"error":{"message":{{{words}}},"type":"invalid_request_error","param":null,"code":null}}""", answer);
    }

    [Fact]
    public async Task What_is_broken_or_too_large_is_told_in_the_shape_of_Ollamas_own_API()
    {
        var good = EncodedCallTests.Encode("zstd", "{}");
        await IsRefusedAsync("{}{}{}"u8.ToArray(), "invalid input: magic number mismatch");
        await IsRefusedAsync(good[..^1], "unexpected EOF");
        await IsRefusedAsync(EncodedCallTests.Encode("zstd", new string(' ', 21 * 1024 * 1024)), "http: request body too large");
    }

    private async Task IsRefusedAsync(byte[] body, string words) =>
        Assert.Equal((HttpStatusCode.BadRequest, $$"""{"error":"{{words}}"}"""), await SendAsync("/v1/chat/completions", "zstd", body));

    private async Task<(HttpStatusCode Status, string Body)> SendAsync(string path, string encoding, byte[] body)
    {
        using var content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        content.Headers.TryAddWithoutValidation("Content-Encoding", encoding);
        using var response = await Client.PostAsync(path, content, Patience);
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }
}
