using OllamaProxy.Server;
using OllamaProxy.Tests.Functions;

namespace OllamaProxy.Tests.Support;

/// <summary>Both hosts, by name, for theories.</summary>
public static class ProxyHosts
{
    public static readonly ProxyHost Server = args => ServerApplication.Create(args);

    public static readonly ProxyHost Functions = TriggerApplication.Create;

    public static TheoryData<string> Names => new(nameof(Server), nameof(Functions));

    public static ProxyHost Named(string name) => name == nameof(Server) ? Server : Functions;
}
