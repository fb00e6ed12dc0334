namespace OllamaProxy.Api;

/// <summary>What the host can do, beyond what HTTP asks of it.</summary>
/// <param name="LongestSilence">How long a client can wait for the first byte of an answer; null: for ever.</param>
/// <param name="LongestShutdown">How long a shutdown can take; null: as the settings say.</param>
public sealed record HostLimits(TimeSpan? LongestSilence, TimeSpan? LongestShutdown = null)
{
    /// <summary>The header whose last address is the client's; null: it is that of the connection.</summary>
    public string? ClientAddressHeader { get; init; }

    /// <summary>The longest body of a request that the host lets through, in bytes; null: any.</summary>
    public long? LongestBody { get; init; }

    /// <summary>A host that is ASP.NET Core itself.</summary>
    public static readonly HostLimits None = new(null, null);

    /// <summary>
    /// The Functions host, whose proxy gives up after 240 seconds, and which kills the worker five seconds after it was told to stop: a
    /// bit less of each, so that the last word is ours.
    /// </summary>
    public static readonly HostLimits Functions = new(TimeSpan.FromSeconds(220), TimeSpan.FromSeconds(4))
    {
        ClientAddressHeader = "X-Forwarded-For",
        LongestBody = 100 * 1024 * 1024,
    };
}
