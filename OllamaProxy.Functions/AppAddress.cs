namespace OllamaProxy.Functions;

/// <summary>Where the app is to be found, by what the host says.</summary>
public static class AppAddress
{
    /// <summary>The address to open in a browser; null: the host does not say.</summary>
    /// <param name="hostName">The variable <c>WEBSITE_HOSTNAME</c>: name and port of <c>func</c>, or the name of the app in Azure.</param>
    public static Uri? Of(string? hostName)
    {
        if (string.IsNullOrWhiteSpace(hostName))
            return null;
        // All addresses, which func can be told to listen on, are none that a browser could open.
        var name = hostName.Replace("0.0.0.0", "localhost", StringComparison.Ordinal);
        return Parse("http", name) is { } local && (local.IsLoopback || !local.IsDefaultPort) ? local : Parse("https", name);
    }

    /// <summary>The port on this machine on which the host itself listens; null: it does not say, or it is elsewhere.</summary>
    /// <param name="hostName">The variable <c>WEBSITE_HOSTNAME</c>.</param>
    public static int? LocalPort(string? hostName) => Of(hostName) is { IsLoopback: true, Port: var port } ? port : null;

    private static Uri? Parse(string scheme, string name) =>
        Uri.TryCreate($"{scheme}://{name}", UriKind.Absolute, out var uri) ? uri : null;
}
