using OllamaProxy.Protocol;

namespace OllamaProxy.Tests.Protocol;

public sealed class HeaderFilterTests
{
    [Theory]
    [InlineData("Accept")]
    [InlineData("Content-Type")]
    [InlineData("content-encoding")]
    [InlineData("USER-AGENT")]
    [InlineData("X-Requested-With")]
    [InlineData("OpenAI-Beta")]
    [InlineData("openai-beta")]
    [InlineData("anthropic-version")]
    [InlineData("anthropic-beta")]
    [InlineData("X-Stainless-Arch")]
    [InlineData("x-stainless-retry-count")]
    [InlineData("x-stainless-read-timeout")]
    public void What_Ollama_and_its_compatible_APIs_read_goes_on(string name) =>
        Assert.Equal([(name, "1"), (name, "2")], Kept((name, "1"), (name, "2")));

    [Theory]
    // What clients prove themselves with.
    [InlineData("Authorization")]
    [InlineData("Proxy-Authorization")]
    [InlineData("Cookie")]
    [InlineData("X-API-Key")]
    [InlineData("Api-Key")]
    [InlineData("X-Auth-Token")]
    [InlineData("X-Access-Token")]
    [InlineData("X-CSRF-Token")]
    [InlineData("OpenAI-Organization")]
    [InlineData("OpenAI-Project")]
    [InlineData("Chatgpt-Account-Id")]
    // What gateways add: Cloudflare, oauth2-proxy, Authelia, authentik, AWS, Google, Azure, Kong, Tailscale, Traefik, Envoy.
    [InlineData("Cf-Access-Jwt-Assertion")]
    [InlineData("CF-Access-Client-Id")]
    [InlineData("CF-Access-Client-Secret")]
    [InlineData("CF-Connecting-IP")]
    [InlineData("X-Auth-Request-Access-Token")]
    [InlineData("X-Auth-Request-Email")]
    [InlineData("X-Forwarded-Access-Token")]
    [InlineData("X-Forwarded-User")]
    [InlineData("X-Forwarded-For")]
    [InlineData("X-Real-IP")]
    [InlineData("Forwarded")]
    [InlineData("Remote-User")]
    [InlineData("Remote-Email")]
    [InlineData("X-authentik-jwt")]
    [InlineData("X-Amzn-Oidc-Data")]
    [InlineData("X-Amzn-Oidc-Accesstoken")]
    [InlineData("X-Amz-Security-Token")]
    [InlineData("X-Goog-IAP-JWT-Assertion")]
    [InlineData("X-Goog-Api-Key")]
    [InlineData("X-Serverless-Authorization")]
    [InlineData("X-MS-CLIENT-PRINCIPAL")]
    [InlineData("X-MS-TOKEN-AAD-ACCESS-TOKEN")]
    [InlineData("Ocp-Apim-Subscription-Key")]
    [InlineData("X-Functions-Key")]
    [InlineData("X-ARR-ClientCert")]
    [InlineData("X-Client-Cert")]
    [InlineData("X-SSL-Client-Cert")]
    [InlineData("X-Consumer-Custom-Id")]
    [InlineData("Tailscale-User-Login")]
    [InlineData("X-Vault-Token")]
    [InlineData("X-Gitlab-Token")]
    [InlineData("DPoP")]
    // What tells of the page, the connection, or the way here.
    [InlineData("Host")]
    [InlineData("Origin")]
    [InlineData("Referer")]
    [InlineData("Sec-Fetch-Site")]
    [InlineData("Accept-Encoding")]
    [InlineData("Expect")]
    [InlineData("Prefer")]
    [InlineData("Idempotency-Key")]
    [InlineData("TE")]
    [InlineData("Transfer-Encoding")]
    [InlineData("Content-Length")]
    [InlineData("traceparent")]
    [InlineData("baggage")]
    [InlineData("X-Request-Id")]
    [InlineData(":path")]
    [InlineData("X-Anything")]
    [InlineData("Anthropic-Api-Key")]
    [InlineData("Accept-X")]
    [InlineData("X-Stainless")]
    public void Nothing_else_does(string name) => Assert.Empty(Kept((name, "secret")));

    [Theory]
    [InlineData("User-Agent")]
    [InlineData("close, user-agent")]
    [InlineData("keep-alive,USER-AGENT , x")]
    public void What_the_sender_says_is_about_one_connection_stays_there(string connection) =>
        Assert.Equal([("Accept", "*/*")], Kept(("Connection", connection), ("User-Agent", "a"), ("Accept", "*/*")));

    [Theory]
    [InlineData("Content-Type", "application/x-ndjson")]
    [InlineData("content-type", "text/event-stream; charset=utf-8")]
    [InlineData("Content-Encoding", "zstd")]
    [InlineData("Retry-After", "30")]
    [InlineData("retry-after-ms", "500")]
    [InlineData("Request-Id", "req_1")]
    [InlineData("X-Request-Id", "req_1")]
    [InlineData("OpenAI-Processing-Ms", "12")]
    [InlineData("anthropic-ratelimit-requests-remaining", "3")]
    [InlineData("x-ratelimit-limit-tokens", "100")]
    [InlineData("X-RateLimit-Reset", "a\tb é")]
    public void What_clients_of_an_API_need_of_an_answer_goes_to_them(string name, string value) =>
        Assert.Equal([(name, value)], Passed((name, value)));

    [Theory]
    // What would act on the origin of this program.
    [InlineData("Set-Cookie", "a=b")]
    [InlineData("Clear-Site-Data", "*")]
    [InlineData("Refresh", "0; url=http://evil.example")]
    [InlineData("Location", "http://evil.example")]
    [InlineData("Link", "</x>; rel=preload")]
    [InlineData("Access-Control-Allow-Origin", "*")]
    [InlineData("Strict-Transport-Security", "max-age=1")]
    [InlineData("WWW-Authenticate", "Basic")]
    // What this program says itself.
    [InlineData("X-Prompt-Id", "theirs")]
    [InlineData("Preference-Applied", "wait=5")]
    [InlineData("Content-Length", "5")]
    [InlineData("Transfer-Encoding", "chunked")]
    [InlineData("Connection", "close")]
    [InlineData("Date", "now")]
    [InlineData("Server", "nginx")]
    [InlineData("X-RateLimited", "1")]
    // What no header can hold, or Content-Type cannot.
    [InlineData("X-Request-Id", "a\0b")]
    [InlineData("X-Request-Id", "a\r\nSet-Cookie: a=b")]
    [InlineData("Request-Id", "\u007f")]
    [InlineData("Request-Id", "\u0085")]
    [InlineData("Content-Type", "")]
    [InlineData("Content-Type", "no media type")]
    [InlineData("Content-Type", "text/html; =")]
    public void Nothing_else_of_an_answer_does(string name, string value) => Assert.Empty(Passed((name, value)));

    [Fact]
    public void Of_several_media_types_of_an_answer_the_first_good_one_counts_and_other_headers_keep_all_their_values() =>
        Assert.Equal(
            [("X-Request-Id", "1"), ("Content-Type", "text/plain"), ("X-Request-Id", "2")],
            Passed(
                ("Content-Type", "nonsense"), ("X-Request-Id", "1"), ("Content-Type", "text/plain"), ("content-type", "text/html"),
                ("X-Request-Id", "2")));

    [Theory]
    [InlineData("openai-hop")]
    [InlineData("close, OpenAI-Hop")]
    [InlineData(" OPENAI-HOP ,x")]
    public void What_Ollama_says_is_about_one_connection_stays_there(string connection) =>
        Assert.Equal([("OpenAI-Version", "1")], Passed(("OpenAI-Hop", "1"), ("OpenAI-Version", "1"), ("Connection", connection)));

    [Fact]
    public void The_headers_of_an_answer_are_those_of_its_body_as_well()
    {
        using var response = new HttpResponseMessage { Content = new StringContent("{}") };
        response.Headers.TryAddWithoutValidation("OpenAI-Version", ["1", "2"]);
        response.Headers.TryAddWithoutValidation("Set-Cookie", "a=b");
        Assert.Equal(
            [("OpenAI-Version", "1"), ("OpenAI-Version", "2"), ("Content-Type", "text/plain; charset=utf-8")],
            HeaderFilter.ForClient(response).All.Select(header => (header.Key, header.Value)));
    }

    private static IEnumerable<(string, string)> Passed(params (string Name, string Value)[] headers) =>
        HeaderFilter.ForClient(headers.Select(header => KeyValuePair.Create(header.Name, header.Value)))
            .All.Select(header => (header.Key, header.Value));

    private static IEnumerable<(string, string)> Kept(params (string Name, string Value)[] headers) =>
        HeaderFilter.ForOllama(headers.Select(header => KeyValuePair.Create(header.Name, header.Value)))
            .All.Select(header => (header.Key, header.Value));
}
