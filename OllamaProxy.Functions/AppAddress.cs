namespace OllamaProxy.Functions;

/// <summary>Where the app is to be found in a browser.</summary>
public static class AppAddress
{
    /// <summary>The address by what the host says: <c>func</c> the name and port that it listens on, Azure the name of the app.</summary>
    /// <param name="hostName">The variable <c>WEBSITE_HOSTNAME</c>; null: the host does not say.</param>
    public static string Of(string? hostName)
    {
        if (string.IsNullOrWhiteSpace(hostName))
            return "an address that the host does not tell";
        // func listens on all addresses where it is told to, and no browser can open that one.
        var name = hostName.Replace("0.0.0.0", "localhost", StringComparison.Ordinal);
        return Uri.TryCreate($"http://{name}", UriKind.Absolute, out var local) && (local.IsLoopback || !local.IsDefaultPort) ? $"http://{name}" : $"https://{name}";
    }
}
