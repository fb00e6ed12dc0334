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
}
