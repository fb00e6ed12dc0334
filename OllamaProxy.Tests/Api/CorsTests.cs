using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Api;

public sealed class CorsTests
{
    [Theory]
    [MemberData(nameof(ProxyHosts.Names), MemberType = typeof(ProxyHosts))]
    public async Task Only_the_origins_of_the_setting_are_let_in(string host)
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host), settings: ("OLLAMA_PROXY_CORS_ORIGINS", "http://one.example, http://two.example:3000"));

        Assert.Equal("http://two.example:3000", await AllowedAsync(proxy, "http://two.example:3000"));
        Assert.Null(await AllowedAsync(proxy, "http://three.example"));
    }

    private static async Task<string?> AllowedAsync(RunningProxy proxy, string origin)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/healthz") { Headers = { { "Origin", origin } } };
        using var response = await proxy.Client.SendAsync(request);
        return response.Headers.TryGetValues("Access-Control-Allow-Origin", out var values) ? values.Single() : null;
    }
}
