namespace OllamaProxy.Benchmarks.Chaos;

/// <summary>How much chaos there is, and for how long.</summary>
/// <param name="Length">How long servers, connections and the database are disturbed.</param>
/// <param name="Seed">Decides what happens when, as far as this program does.</param>
internal sealed record ChaosScale(TimeSpan Length, int Seed)
{
    public int Servers { get; init; } = 5;

    public int Clients { get; init; } = 24;

    /// <summary>How many requests each backend takes at once.</summary>
    public IReadOnlyList<int> Concurrencies { get; init; } = [1, 2, 4, 8];

    public double TokensPerSecond { get; init; } = 200;

    /// <summary>Short, so that what was lost with a server runs again while the chaos goes on.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>For how long all that was accepted may take to end, once nothing is disturbed any more.</summary>
    public TimeSpan Calm { get; init; } = TimeSpan.FromMinutes(4);
}
