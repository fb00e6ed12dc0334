using System.Net;
using System.Net.Sockets;

namespace OllamaProxy.Webhooks;

/// <summary>Tells addresses of the internet from those of machines and networks near this one, and those that are nobody's.</summary>
internal static class PublicAddresses
{
    /// <summary>
    /// The special ranges of IPv4 (https://www.iana.org/assignments/iana-ipv4-special-registry), multicast, what is reserved, and the
    /// address at which Azure serves its virtual machines.
    /// </summary>
    private static readonly IPNetwork[] SpecialIPv4 =
    [
        .. new[]
        {
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
            "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15",
            "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "168.63.129.16/32",
        }.Select(range => IPNetwork.Parse(range)),
    ];

    /// <summary>All that is public of IPv6, but for <see cref="SpecialIPv6"/>.</summary>
    private static readonly IPNetwork GlobalIPv6 = IPNetwork.Parse("2000::/3");

    /// <summary>Protocol assignments with Teredo, documentation, and 6to4, which leads to addresses of IPv4.</summary>
    private static readonly IPNetwork[] SpecialIPv6 =
    [
        .. new[] { "2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20" }.Select(range => IPNetwork.Parse(range)),
    ];

    /// <summary>
    /// Forms of IPv6 that stand for an address of IPv4, their last four bytes: compatible, and NAT64 (RFC 6052). The third form, mapped, is
    /// not among them, since a network of IPv6 does not contain it for .NET.
    /// </summary>
    private static readonly IPNetwork[] Embedding = [.. new[] { "::/96", "64:ff9b::/96" }.Select(range => IPNetwork.Parse(range))];

    /// <summary>Whether an address, however it is written, is one of the internet.</summary>
    public static bool Contain(IPAddress address)
    {
        address = Unwrap(address);
        return address.AddressFamily == AddressFamily.InterNetwork
            ? !SpecialIPv4.Any(range => range.Contains(address))
            : GlobalIPv6.Contains(address) && !SpecialIPv6.Any(range => range.Contains(address));
    }

    /// <summary>The address of IPv4 that one of IPv6 stands for; the address itself where it does not.</summary>
    public static IPAddress Unwrap(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            return address.MapToIPv4();
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
            return address;
        // Those of IPv6 that look like compatible ones.
        if (address.Equals(IPAddress.IPv6Loopback) || address.Equals(IPAddress.IPv6Any))
            return address;
        return Embedding.Any(range => range.Contains(address)) ? new(address.GetAddressBytes().AsSpan(12)) : address;
    }
}
