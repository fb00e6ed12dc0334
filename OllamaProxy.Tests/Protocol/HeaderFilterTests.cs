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

    private static IEnumerable<(string, string)> Kept(params (string Name, string Value)[] headers) =>
        HeaderFilter.ForOllama(headers.Select(header => KeyValuePair.Create(header.Name, header.Value)))
            .All.Select(header => (header.Key, header.Value));
}
