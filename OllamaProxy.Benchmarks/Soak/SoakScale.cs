namespace OllamaProxy.Benchmarks.Soak;

/// <summary>How long the server is under load, and how much of it.</summary>
/// <param name="Length">How long.</param>
internal sealed record SoakScale(TimeSpan Length)
{
    public int Clients { get; init; } = 8;

    /// <summary>How long each client pauses between two requests: the load is to be steady, not as high as can be.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromMilliseconds(100);

    public int Concurrency { get; init; } = 4;

    /// <summary>How often the process is looked at.</summary>
    public TimeSpan Look => Length / 240 < TimeSpan.FromSeconds(10) ? Length / 240 : TimeSpan.FromSeconds(10);
}
