using System.Net;
using System.Net.Http.Headers;
using OllamaProxy.Tests.Api;

namespace OllamaProxy.Tests.Simulator;

/// <summary>Bodies with a <c>Content-Encoding</c>, as Ollama 0.33 takes them.</summary>
public sealed class EncodingTests : SimulatorTest
{
    [Theory]
    [InlineData("/v1/chat/completions", "zstd", 200, "")]
    [InlineData("/v1/messages", "zstd", 200, "")]
    [InlineData("/v1/chat/completions", "ZSTD", 400, """{"error":{"message":"invalid character '(' looking for beginning of value","type":"invalid_request_error","param":null,"code":null}}""")]
    [InlineData("/v1/chat/completions", "gzip", 400, """{"error":{"message":"invalid character '\\x1f' looking for beginning of value","type":"invalid_request_error","param":null,"code":null}}""")]
    [InlineData("/api/chat", "zstd", 400, """{"error":"invalid character '(' looking for beginning of value"}""")]
    [InlineData("/api/chat", "gzip", 400, """{"error":"invalid character '\\x1f' looking for beginning of value"}""")]
    public async Task Zstd_is_decoded_on_the_compatible_routes_and_nothing_else_anywhere(string path, string encoding, int status, string expected)
    {
        var (actual, body) = await SendAsync(path, encoding, EncodedCallTests.Encode(encoding, """{"model":"tiny","max_tokens":9,"messages":[{"role":"user","content":"hi"}],"stream":false}"""));
        Assert.Equal((HttpStatusCode)status, actual);
        if (expected.Length > 0)
            Assert.Equal(expected, body);
    }

    [Fact]
    public async Task What_is_broken_or_too_large_is_told_in_the_shape_of_Ollamas_own_API()
    {
        var good = EncodedCallTests.Encode("zstd", "{}");
        Assert.Equal((HttpStatusCode.BadRequest, """{"error":"invalid input: magic number mismatch"}"""), await SendAsync("/v1/chat/completions", "zstd", "{}{}{}"u8.ToArray()));
        Assert.Equal((HttpStatusCode.BadRequest, """{"error":"unexpected EOF"}"""), await SendAsync("/v1/chat/completions", "zstd", good[..^1]));
        Assert.Equal((HttpStatusCode.BadRequest, """{"error":"http: request body too large"}"""),
            await SendAsync("/v1/chat/completions", "zstd", EncodedCallTests.Encode("zstd", new string(' ', 21 * 1024 * 1024))));
    }

    private async Task<(HttpStatusCode Status, string Body)> SendAsync(string path, string encoding, byte[] body)
    {
        using var content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        content.Headers.TryAddWithoutValidation("Content-Encoding", encoding);
        using var response = await Client.PostAsync(path, content, Patience);
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }
}
