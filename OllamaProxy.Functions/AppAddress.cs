namespace OllamaProxy.Functions;

/// <summary>The address of the app, from what the Functions host tells its worker.</summary>
public static class AppAddress
{
    /// <summary>The address to open in a browser; null: the host does not tell it.</summary>
    /// <param name="hostName">
    /// The variable <c>WEBSITE_HOSTNAME</c>: host and port of <c>func</c>, or the host name of the app in Azure.
    /// </param>
    public static Uri? Of(string? hostName)
    {
        if (string.IsNullOrWhiteSpace(hostName))
            return null;
        // func can listen on all interfaces, but a browser cannot open 0.0.0.0.
        var name = hostName.Replace("0.0.0.0", "localhost", StringComparison.Ordinal);
        return Parse("http", name) is { } local && (local.IsLoopback || !local.IsDefaultPort) ? local : Parse("https", name);
    }

    /// <summary>The port of a host on this machine; null: the host does not tell it, or runs elsewhere.</summary>
    /// <param name="hostName">The variable <c>WEBSITE_HOSTNAME</c>.</param>
    public static int? LocalPort(string? hostName) => Of(hostName) is { IsLoopback: true, Port: var port } ? port : null;

    private static Uri? Parse(string scheme, string name) =>
        Uri.TryCreate($"{scheme}://{name}", UriKind.Absolute, out var uri) ? uri : null;
}
