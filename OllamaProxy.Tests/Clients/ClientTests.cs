using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Clients;

/// <summary>Real clients see the same through the queue as when they ask Ollama directly.</summary>
public sealed class ClientTests
{
    public static TheoryData<string, string> FromNpm => new()
    {
        { "ollama", nameof(ProxyHosts.Server) },
        { "ollama", nameof(ProxyHosts.Functions) },
        { "openai", nameof(ProxyHosts.Server) },
        { "openai", nameof(ProxyHosts.Functions) },
        { "langchain", nameof(ProxyHosts.Server) },
        { "langchain", nameof(ProxyHosts.Functions) },
    };

    [ClientTheory]
    [MemberData(nameof(FromNpm))]
    public async Task A_client_from_npm_sees_no_difference(string client, string host)
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host));
        var direct = await NodeClient.RecordAsync(client, proxy.Ollama.BaseAddress);
        var through = await NodeClient.RecordAsync(client, proxy.Client.BaseAddress!);
        direct.AssertSame(through);
        Assert.True(direct.Steps.Count >= 8);
    }

    [CurlTheory]
    [InlineData(nameof(ProxyHosts.Server))]
    [InlineData(nameof(ProxyHosts.Functions))]
    public async Task Curl_sees_no_difference(string host)
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host));
        var direct = await CurlClient.RecordAsync(proxy.Ollama.BaseAddress, proxy.Ollama);
        var through = await CurlClient.RecordAsync(proxy.Client.BaseAddress!, proxy.Ollama);
        direct.AssertSame(through);
    }

    [Theory]
    [InlineData(nameof(ProxyHosts.Server))]
    [InlineData(nameof(ProxyHosts.Functions))]
    public async Task OllamaSharp_sees_no_difference(string host)
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host));
        var direct = await OllamaSharpClient.RecordAsync(proxy.Ollama.BaseAddress, proxy.Ollama);
        var through = await OllamaSharpClient.RecordAsync(proxy.Client.BaseAddress!, proxy.Ollama);
        direct.AssertSame(through);
        Assert.All(direct.Steps, step => Assert.Equal(step.ContainsKey("error"), ((string)step["step"]!).StartsWith("unknown model", StringComparison.Ordinal)));
    }
}
