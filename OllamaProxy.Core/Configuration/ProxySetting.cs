using System.Net;

namespace OllamaProxy.Configuration;

/// <summary>
/// Finds the proxy for a backend in the environment, in the way of most programs: <c>HTTP_PROXY</c> or <c>HTTPS_PROXY</c> by the backend's
/// scheme, otherwise <c>ALL_PROXY</c>, except for hosts in <c>NO_PROXY</c>. Backends on this machine are never reached through a proxy.
/// </summary>
internal static class ProxySetting
{
    /// <summary>The proxy for a backend; null: none.</summary>
    public static BackendProxy? Find(SettingReader settings, Uri backend)
    {
        if (IsThisMachine(backend) || IsException(settings.Text("NO_PROXY", ""), backend))
            return null;
        return Named(settings, $"{backend.Scheme.ToUpperInvariant()}_PROXY") ?? Named(settings, "ALL_PROXY") ?? OfSystem(backend);
    }

    private static BackendProxy? Named(SettingReader settings, string name) =>
        settings.Secret<BackendProxy?>(name, null, text => Parse(name, text));

    private static BackendProxy? Parse(string setting, string text)
    {
        if (!text.Contains("://", StringComparison.Ordinal))
            text = "http://" + text;
        // socks5h has the proxy resolve host names, which .NET does for every SOCKS5 proxy.
        text = text.StartsWith("socks5h:", StringComparison.OrdinalIgnoreCase) ? "socks5:" + text["socks5h:".Length..] : text;
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Host.Length == 0
            || uri.Scheme is not ("http" or "https" or "socks4" or "socks4a" or "socks5"))
            throw new FormatException("it must be the address of a proxy such as http://proxy:3128");
        var user = uri.UserInfo.Split(':', 2).Select(Uri.UnescapeDataString).ToArray();
        return new(new UriBuilder(uri) { UserName = "", Password = "", Path = "/", Query = "", Fragment = "" }.Uri, setting)
        {
            Credentials = user[0].Length > 0 ? new(user[0], user.ElementAtOrDefault(1)) : null,
        };
    }

    /// <summary>The proxy of the operating system's settings. Linux has none.</summary>
    private static BackendProxy? OfSystem(Uri backend)
    {
        if (OperatingSystem.IsLinux())
            return null;
        var system = HttpClient.DefaultProxy;
        if (system.IsBypassed(backend) || system.GetProxy(backend) is not { } proxy || proxy == backend)
            return null;
        return new(new UriBuilder(proxy) { UserName = "", Password = "" }.Uri, "the system's settings")
        {
            Credentials = system.Credentials?.GetCredential(proxy, "Basic"),
        };
    }

    private static bool IsThisMachine(Uri backend) => backend.IsLoopback
        || backend.Host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(backend.Host, out var address) && IPAddress.IsLoopback(address));

    private static bool IsException(string list, Uri backend) =>
        list.Split([',', ' ', ';'], StringSplitOptions.RemoveEmptyEntries).Any(entry => IsMeant(entry, backend));

    /// <param name="entry">
    /// An entry of <c>NO_PROXY</c>: <c>*</c>, a domain with or without a leading dot or star, an address, or a range such as 10.0.0.0/8.
    /// All but ranges may have a port.
    /// </param>
    /// <param name="backend">The backend.</param>
    private static bool IsMeant(string entry, Uri backend)
    {
        var host = backend.Host.Trim('[', ']');
        if (IPAddress.TryParse(host, out var address))
        {
            if (IPNetwork.TryParse(entry, out var network))
                return network.Contains(address);
            if (IPAddress.TryParse(entry.Trim('[', ']'), out var named))
                return named.Equals(address);
        }
        var port = entry.LastIndexOf(':');
        if (port > entry.LastIndexOf(']') && ushort.TryParse(entry.AsSpan(port + 1), out var number))
        {
            if (number != backend.Port)
                return false;
            entry = entry[..port];
        }
        var name = entry.Trim('[', ']').TrimStart('*').TrimStart('.');
        return name.Length == 0
            ? entry is "*"
            : host.Equals(name, StringComparison.OrdinalIgnoreCase) || host.EndsWith("." + name, StringComparison.OrdinalIgnoreCase);
    }
}
