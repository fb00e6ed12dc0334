using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using OllamaProxy.Simulator;
using OllamaProxy.Tests.Support;
using ZstdSharp;

namespace OllamaProxy.Tests.Api.Calls;

/// <summary>Calls with encoded bodies: Ollama decodes zstd on the routes of OpenAI's and Anthropic's APIs, and nothing else.</summary>
public abstract class EncodedCallTests(ProxyFixture fixture)
{
    private RunningProxy Proxy => fixture.Proxy;

    public static TheoryData<string, string, string> Calls => new()
    {
        { "/v1/chat/completions", """{"model":"tiny","messages":[{"role":"user","content":"hi"}]}""", "hi" },
        { "/v1/chat/completions", """{"model":"tiny","messages":[{"role":"user","content":"streamed"}],"stream":true}""", "streamed" },
        { "/v1/completions", """{"model":"tiny","prompt":"hi"}""", "hi" },
        { "/v1/embeddings", """{"model":"tiny","input":"hi"}""", "hi" },
        { "/v1/responses", """{"model":"tiny","input":"hi","stream":true}""", "hi" },
        { "/v1/messages", """{"model":"tiny","max_tokens":100,"messages":[{"role":"user","content":"hi"}]}""", "hi" },
    };

    public static TheoryData<string, string> Refused => new()
    {
        { "/api/chat", "zstd" }, { "/api/generate", "zstd" }, { "/api/embed", "zstd" }, { "/api/chat", "gzip" },
        { "/api/generate", "deflate" }, { "/api/embeddings", "br" }, { "/v1/chat/completions", "gzip" }, { "/v1/responses", "deflate" },
        { "/v1/messages", "gzip" }, { "/v1/embeddings", "x-gzip" }, { "/v1/completions", "ZSTD" }, { "/v1/responses", "zstd, gzip" },
        { "/v1/responses", "compress" },
    };

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task A_call_in_zstd_is_understood_and_goes_on_as_it_came(string path, string body, string text)
    {
        var encoded = Encode("zstd", body);
        using var response = await SendAsync(Proxy.Client, path, "zstd", encoded);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var prompt = await Proxy.GetAsync($"/api/v1/prompt/{CallTests.IdOf(response)}");
        Assert.Equal(("tiny", text), (CallTests.Text(prompt, "model"), CallTests.Text(prompt, "prompt")));
        var logged = Proxy.Ollama.Requests.All.Last(logged => logged.Path == path && logged.Body.Span.SequenceEqual(encoded));
        Assert.Equal("zstd", logged.Headers["Content-Encoding"]);
        if (!path.EndsWith("embeddings", StringComparison.Ordinal))
        {
            var result = await Proxy.ResultAsync(CallTests.IdOf(response));
            Assert.Contains($"You asked: \"{text}\"", CallTests.Text(result, "result"), StringComparison.Ordinal);
            Assert.Equal("tiny",
                CallTests.Text((await Proxy.GetAsync($"/api/v1/prompt/{CallTests.IdOf(response)}")).GetProperty("request"), "model"));
        }
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task What_Ollama_does_not_decode_is_refused_as_by_Ollama(string path, string encoding)
    {
        var encoded = Encode(encoding, """{"model":"tiny","prompt":"hi","input":"hi","max_tokens":9,"messages":[]}""");
        using var ollama = new HttpClient { BaseAddress = Proxy.Ollama.BaseAddress };
        using var expected = await SendAsync(ollama, path, encoding, encoded);
        using var response = await SendAsync(Proxy.Client, path, encoding, encoded);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal(expected.Content.Headers.ContentType, response.Content.Headers.ContentType);
        // Each error in Anthropic's shape has an id of its own.
        Assert.Equal(await WordsOfAsync(expected), await WordsOfAsync(response));

        static async Task<string> WordsOfAsync(HttpResponseMessage answer) =>
            Regex.Replace(await answer.Content.ReadAsStringAsync(), "\"request_id\":\"req_[0-9a-f]{24}\"", "");
    }

    [Theory]
    [InlineData("/api/generate", "identity")]
    [InlineData("/api/generate", "utf-8")]
    [InlineData("/api/generate", "gzip")]
    [InlineData("/api/generate", "zstd")]
    [InlineData("/v1/completions", "utf-8")]
    [InlineData("/v1/completions", "")]
    public async Task Json_is_taken_whatever_the_header_says_of_it_as_Ollama_takes_it(string path, string encoding)
    {
        var body = """ {"model":"tiny","prompt":"plain","stream":false}"""u8.ToArray();
        using var response = await SendAsync(Proxy.Client, path, encoding, body);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("plain", CallTests.Text(await Proxy.GetAsync($"/api/v1/prompt/{CallTests.IdOf(response)}"), "prompt"));
    }

    public static TheoryData<string> Broken => new("not zstd at all", "{}", "cut", "cut to four bytes", "flipped", "followed by more");

    [Theory]
    [MemberData(nameof(Broken))]
    public async Task A_frame_that_is_broken_is_400_in_the_words_of_the_API(string how)
    {
        var good = Encode("zstd", """{"model":"tiny","input":"hi","max_tokens":9,"messages":[]}""");
        byte[] body = how switch
        {
            "cut" => good[..^2],
            "cut to four bytes" => good[..4],
            "flipped" => [.. good[..6], .. good[6..].Select(value => (byte)~value)],
            "followed by more" => [.. good, 1, 2, 3, 4],
            _ => Encoding.UTF8.GetBytes(how),
        };
        foreach (var path in new[] { "/v1/chat/completions", "/v1/responses", "/v1/messages", "/v1/embeddings" })
        {
            using var response = await SendAsync(Proxy.Client, path, "zstd", body);
            Assert.Equal((path, HttpStatusCode.BadRequest), (path, response.StatusCode));
            var error = (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error");
            Assert.Equal("invalid_request_error", CallTests.Text(error, "type"));
            Assert.Contains("zstd", CallTests.Text(error, "message"), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_small_body_that_becomes_a_large_one_is_413()
    {
        foreach (var size in new[] { ProxyFixture.MaxBodyBytes, 50_000_000 })
        {
            var encoded = Encode("zstd", $$"""{"model":"tiny","input":"{{new string(' ', size)}}"}""");
            Assert.True(encoded.Length < ProxyFixture.MaxBodyBytes);
            using var response = await SendAsync(Proxy.Client, "/v1/responses", "zstd", encoded);
            Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
            Assert.Contains("OLLAMA_PROXY_MAX_BODY_BYTES", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_call_in_zstd_goes_to_a_backend_that_has_its_model_and_is_to_be_asked_for_it()
    {
        await using var other = await OllamaSimulator.StartAsync(new() { Models = ["other", "shared"] });
        await using var proxy = await RunningProxy.StartAsync(Host, new() { Models = ["tiny", "shared"] });
        await proxy.RestartAsync(("OLLAMA_URL", $"{proxy.Ollama.BaseAddress};models=tiny,{other.BaseAddress};models=other|shared"));
        foreach (var (model, one, two) in new[] { ("other", 0, 1), ("tiny", 1, 1), ("shared", 1, 2) })
        {
            var body = Encode("zstd", $$"""{"model":"{{model}}","input":"hi"}""");
            using var response = await SendAsync(proxy.Client, "/v1/responses", "zstd", body);
            Assert.Equal((model, HttpStatusCode.OK), (model, response.StatusCode));
            Assert.Equal((model, one, two), (model, proxy.Ollama.Requests.Count, other.Requests.Count));
        }
    }

    protected abstract ProxyHost Host { get; }

    internal static byte[] Encode(string encoding, string body)
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        if (encoding is "zstd" or "ZSTD")
        {
            using var compressor = new Compressor();
            return compressor.Wrap(bytes).ToArray();
        }
        var encoded = new MemoryStream();
        using (Stream stream = encoding switch
        {
            "deflate" => new ZLibStream(encoded, CompressionMode.Compress),
            "br" => new BrotliStream(encoded, CompressionMode.Compress),
            _ => new GZipStream(encoded, CompressionMode.Compress),
        })
            stream.Write(bytes);
        return encoded.ToArray();
    }

    private static Task<HttpResponseMessage> SendAsync(HttpClient client, string path, string encoding, byte[] body)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Content.Headers.TryAddWithoutValidation("Content-Encoding", encoding);
        return client.SendAsync(request);
    }

    public sealed class OnServer(ServerFixture fixture) : EncodedCallTests(fixture), IClassFixture<ServerFixture>
    {
        protected override ProxyHost Host => ProxyHosts.Server;
    }

    public sealed class OnFunctions(FunctionsFixture fixture) : EncodedCallTests(fixture), IClassFixture<FunctionsFixture>
    {
        protected override ProxyHost Host => ProxyHosts.Functions;
    }
}
