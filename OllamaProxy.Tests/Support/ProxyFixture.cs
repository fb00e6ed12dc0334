using OllamaProxy.Simulator;

namespace OllamaProxy.Tests.Support;

/// <summary>One <see cref="RunningProxy"/> for all tests of a class.</summary>
public abstract class ProxyFixture(ProxyHost host) : IAsyncLifetime
{
    public const int MaxBodyBytes = 100_000;

    public RunningProxy Proxy { get; private set; } = null!;

    public async Task InitializeAsync() =>
        Proxy = await RunningProxy.StartAsync(host, new SimulatorOptions(), ("OLLAMA_PROXY_MAX_BODY_BYTES", $"{MaxBodyBytes}"));

    public async Task DisposeAsync() => await Proxy.DisposeAsync();
}

public sealed class ServerFixture() : ProxyFixture(ProxyHosts.Server);

public sealed class FunctionsFixture() : ProxyFixture(ProxyHosts.Functions);
