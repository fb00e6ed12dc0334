using OllamaProxy.Api;
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

    /// <summary>Both; for a published server, and on PostgreSQL, only that, since the other is the same again.</summary>
    public static TheoryData<string> Names =>
        ServerBinary.Path is null && !RunningProxy.IsOnPostgres ? new(nameof(Server), nameof(Functions)) : new(nameof(Server));

    public static ProxyHost Named(string name) => name == nameof(Server) ? Server : Functions;

    /// <summary>One that gives calls time to end. What the Functions host gives is too little for a test of anything else.</summary>
    public static ProxyHost Patient(string name) => name == nameof(Server) ? Server : InProcess.Host(args =>
        TriggerApplication.Create(args, HostLimits.Functions with { LongestShutdown = TimeSpan.FromSeconds(30) }));
}
