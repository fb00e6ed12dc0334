using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace OllamaProxy.Configuration.Webhooks;

/// <summary>
/// Parses <c>OLLAMA_PROXY_WEBHOOK_ALLOW</c>: hosts that webhooks may be sent to although their addresses are not public. They are separated
/// by commas: names, addresses, both with a port or for all ports, and ranges of addresses.
/// </summary>
public sealed partial class WebhookAllowList
{
    /// <summary>Nothing but public addresses.</summary>
    public static readonly WebhookAllowList None = new();

    internal const string Expected =
        "names, addresses, both also with a port, and ranges of addresses with commas between them, such as hooks.lan:8080,10.1.0.0/16";

    private readonly List<(string Name, int? Port)> _names = [];
    private readonly List<(IPNetwork Network, int? Port)> _networks = [];

    /// <summary>Whether a host may be called at whatever address its name has.</summary>
    public bool AllowsName(string host, int port) => _names.Exists(entry =>
        (entry.Port ?? port) == port && entry.Name.Equals(host.TrimEnd('.'), StringComparison.OrdinalIgnoreCase));

    /// <summary>Whether an address may be called, whatever name it was found by.</summary>
    public bool AllowsAddress(IPAddress address, int port) =>
        _networks.Exists(entry => (entry.Port ?? port) == port && entry.Network.Contains(address));

    internal static bool TryParse(string text, out WebhookAllowList list)
    {
        list = new();
        foreach (var entry in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            if (!list.TryAdd(entry))
                return false;
        return true;
    }

    private bool TryAdd(string entry)
    {
        if (entry.Contains('/', StringComparison.Ordinal))
        {
            // What stands before the slash is the first of the range: anything else is taken for a mistake.
            if (!IPNetwork.TryParse(entry, out var network)
                || !IPAddress.TryParse(entry.Split('/')[0], out var first) || !first.Equals(network.BaseAddress))
                return false;
            _networks.Add((network, null));
            return true;
        }
        // A bare address of IPv6 has colons, too.
        if (!entry.StartsWith('[') && IPAddress.TryParse(entry, out var bare) && bare.AddressFamily == AddressFamily.InterNetworkV6)
        {
            _networks.Add((new(bare, 128), null));
            return true;
        }
        if (Form().Match(entry) is not { Success: true } match)
            return false;
        var (host, port) = (match.Groups["host"].Value, default(int?));
        if (match.Groups["port"] is { Success: true } digits)
        {
            if (!ushort.TryParse(digits.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number == 0)
                return false;
            port = number;
        }
        if (IPAddress.TryParse(host, out var address))
            _networks.Add((new(address, address.AddressFamily == AddressFamily.InterNetworkV6 ? 128 : 32), port));
        else
            _names.Add((host.TrimEnd('.'), port));
        return true;
    }

    [GeneratedRegex(
        @"^(?<host>\[[0-9a-fA-F:.]+\]|[a-zA-Z0-9_-]+(\.[a-zA-Z0-9_-]+)*\.?)(:(?<port>[0-9]{1,5}))?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}
