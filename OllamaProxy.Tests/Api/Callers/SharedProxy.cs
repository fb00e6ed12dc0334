using System.Net.Http.Headers;
using OllamaProxy.Simulator;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Api.Callers;

/// <summary>A proxy that lets in Alice, Bob and an admin, each with a client that has their key.</summary>
internal sealed class SharedProxy : IAsyncDisposable
{
    public const string AliceKey = "key-of-alice-1";
    public const string BobKey = "key-of-bob-2";
    public const string AdminKey = "key-of-the-admin-3";

    private SharedProxy(RunningProxy proxy)
    {
        Proxy = proxy;
        (Alice, Bob, Admin) = (ClientOf(AliceKey), ClientOf(BobKey), ClientOf(AdminKey));
    }

    public RunningProxy Proxy { get; }

    /// <summary>A client without a key.</summary>
    public HttpClient Anybody => Proxy.Client;

    public HttpClient Alice { get; }

    public HttpClient Bob { get; }

    public HttpClient Admin { get; }

    public static async Task<SharedProxy> StartAsync(
        string host, SimulatorOptions? simulator = null, params (string Name, string Value)[] settings) =>
        new(await RunningProxy.StartAsync(ProxyHosts.Named(host), simulator,
            [("OLLAMA_PROXY_API_KEYS", $"alice:{AliceKey}, bob:{BobKey}, root:{AdminKey}:admin"), .. settings]));

    /// <summary>A client that sends a key with each request.</summary>
    public HttpClient ClientOf(string key)
    {
        var client = LeavingClient.Of(Proxy.Client.BaseAddress!);
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return client;
    }

    public async ValueTask DisposeAsync()
    {
        Alice.Dispose();
        Bob.Dispose();
        Admin.Dispose();
        await Proxy.DisposeAsync();
    }
}
