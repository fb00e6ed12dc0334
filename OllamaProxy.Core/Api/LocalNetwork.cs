using System.Net;
using System.Net.Sockets;

namespace OllamaProxy.Api;

/// <summary>
/// Distinguishes names and addresses of this machine and its network from those that anybody can own. Names may be in any case; they come
/// without a port, brackets or a dot at the end.
/// </summary>
internal static class LocalNetwork
{
    /// <summary>Whether a name always means this machine (RFC 6761, section 6.3); <c>localhost.localdomain</c> is an old custom.</summary>
    public static bool IsLoopbackName(ReadOnlySpan<char> name) =>
        Is(name, "localhost") || IsBelow(name, ".localhost") || Is(name, "localhost.localdomain");

    /// <summary>Whether a name is resolved by multicast in the local network only (RFC 6762).</summary>
    public static bool IsMulticastName(ReadOnlySpan<char> name) => IsBelow(name, ".local");

    /// <summary>Whether a name is in the domain that ICANN reserved for private use in 2024, as <c>host.docker.internal</c> is.</summary>
    public static bool IsPrivateName(ReadOnlySpan<char> name) => IsBelow(name, ".internal");

    /// <summary>Whether a name or an address means this machine.</summary>
    public static bool IsLoopback(string host) =>
        IsLoopbackName(host) || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(Unmapped(address)));

    /// <summary>Whether an address is loopback, private, link-local or unspecified, so that no page of the internet has it.</summary>
    public static bool IsLocal(IPAddress address)
    {
        address = Unmapped(address);
        if (IPAddress.IsLoopback(address) || address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any))
            return true;
        if (address.AddressFamily == AddressFamily.InterNetworkV6)
            return address.IsIPv6LinkLocal || address.IsIPv6UniqueLocal;
        Span<byte> bytes = stackalloc byte[4];
        address.TryWriteBytes(bytes, out _);
        // RFC 1918 and RFC 3927.
        return (bytes[0], bytes[1]) is (10, _) or (172, >= 16 and <= 31) or (192, 168) or (169, 254);
    }

    private static IPAddress Unmapped(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    private static bool Is(ReadOnlySpan<char> name, string other) => name.Equals(other, StringComparison.OrdinalIgnoreCase);

    private static bool IsBelow(ReadOnlySpan<char> name, string domain) =>
        name.Length > domain.Length && name.EndsWith(domain, StringComparison.OrdinalIgnoreCase);
}
