using OllamaProxy.Server;
using OllamaProxy.Tests.Functions;
using OllamaProxy.Tests.Server;

namespace OllamaProxy.Tests.Support;

/// <summary>Both hosts, by name, for theories.</summary>
public static class ProxyHosts
{
    public static readonly ProxyHost Server = ServerBinary.Path is null
        ? InProcess.Host(args => ServerApplication.Create(args))
        : settings => new ServerBinary(settings);

    public static readonly ProxyHost Functions = InProcess.Host(TriggerApplication.Create);

    public static TheoryData<string> Names => new(nameof(Server), nameof(Functions));

    public static ProxyHost Named(string name) => name == nameof(Server) ? Server : Functions;
}
