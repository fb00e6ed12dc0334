using System.Net;

namespace OllamaProxy.Configuration;

/// <summary>
/// The proxies that the environment names, as most programs read them: <c>HTTP_PROXY</c> or <c>HTTPS_PROXY</c> after the backend's scheme,
/// else <c>ALL_PROXY</c>, but for what <c>NO_PROXY</c> lists. The machine itself is never asked through a proxy.
/// </summary>
internal static class ProxySetting
{
    /// <summary>The proxy to a backend; null: none.</summary>
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
        // The names of hosts go to such a proxy in any case.
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

    /// <summary>That of the system's own settings, which Linux does not have.</summary>
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
    /// <c>*</c>, a domain with or without a dot or a star in front, an address, or a range as 10.0.0.0/8; all but ranges may have a port.
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
