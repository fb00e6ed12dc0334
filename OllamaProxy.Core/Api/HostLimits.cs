namespace OllamaProxy.Api;

/// <summary>What the host can do, beyond what HTTP asks of it.</summary>
/// <param name="LongestSilence">How long a client can wait for the first byte of an answer; null: for ever.</param>
public sealed record HostLimits(TimeSpan? LongestSilence)
{
    /// <summary>A host that is ASP.NET Core itself.</summary>
    public static readonly HostLimits None = new((TimeSpan?)null);

    /// <summary>The Functions host, whose proxy gives up after 240 seconds: a bit less, so that the answer to that is ours.</summary>
    public static readonly HostLimits Functions = new(TimeSpan.FromSeconds(220));
}
