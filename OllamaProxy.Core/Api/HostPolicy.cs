using System.IO.Enumeration;
using System.Net;
using System.Net.Sockets;
using OllamaProxy.Configuration;

namespace OllamaProxy.Api;

/// <summary>
/// Decides which hosts are served. Any site can make its own name resolve to this machine, and its pages then have the origin of this
/// server (DNS rebinding). So only names are served that nobody else can own, and those in <c>OLLAMA_PROXY_HOSTS</c>.
/// </summary>
public sealed class HostPolicy
{
    /// <summary>How long a request waits until the full name of this machine is resolved.</summary>
    private static readonly TimeSpan LookupTimeout = TimeSpan.FromSeconds(2);

    private readonly bool _servesAll;
    private readonly string[] _patterns;
    private readonly string[] _ownNames;
    private readonly TimeProvider _time;
    private readonly Lazy<Task<string>> _fullName = new(LookUpFullNameAsync);

    /// <summary>Reads the settings and the name of this machine.</summary>
    public HostPolicy(OllamaProxyOptions options, TimeProvider time)
    {
        _servesAll = options.Hosts.Contains("*");
        _patterns = [.. options.Hosts];
        _ownNames = options.WebsiteHostName is { } name ? [Dns.GetHostName(), name] : [Dns.GetHostName()];
        _time = time;
    }

    /// <summary>Whether a host is served. Nothing is allocated for an address or a name without a dot.</summary>
    /// <param name="host">The header <c>Host</c>, with or without a port. Empty or null: none was sent, which HTTP/1.0 allows.</param>
    public ValueTask<bool> ServesAsync(string? host)
    {
        var name = NameOf(host);
        return _servesAll || IsLocal(name) || IsNamed(name) ? new(true) : new(IsFullNameAsync(name.ToString()));
    }

    private static bool IsLocal(ReadOnlySpan<char> name) =>
        !name.Contains('.') || IPAddress.IsValid(name)
        || LocalNetwork.IsLoopbackName(name) || LocalNetwork.IsMulticastName(name) || LocalNetwork.IsPrivateName(name);

    private bool IsNamed(ReadOnlySpan<char> name)
    {
        foreach (var own in _ownNames)
            if (name.Equals(own, StringComparison.OrdinalIgnoreCase))
                return true;
        foreach (var pattern in _patterns)
            if (FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: true))
                return true;
        return false;
    }

    /// <summary>The last resort, since to resolve the full name can take a request to a DNS server.</summary>
    private async Task<bool> IsFullNameAsync(string name)
    {
        try
        {
            return name.Equals(await _fullName.Value.WaitAsync(LookupTimeout, _time), StringComparison.OrdinalIgnoreCase);
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private static async Task<string> LookUpFullNameAsync()
    {
        try
        {
            return (await Dns.GetHostEntryAsync(Dns.GetHostName())).HostName;
        }
        catch (SocketException)
        {
            return "";
        }
    }

    /// <summary>The name without the port, the brackets of IPv6 and the dot at the end.</summary>
    private static ReadOnlySpan<char> NameOf(string? host)
    {
        var name = host.AsSpan();
        if (name.StartsWith('['))
            return name.IndexOf(']') is > 0 and var end ? name[1..end] : name;
        if (name.IndexOf(':') is >= 0 and var colon && colon == name.LastIndexOf(':'))
            name = name[..colon];
        return name.EndsWith('.') ? name[..^1] : name;
    }
}
