namespace OllamaProxy.Benchmarks.Load;

/// <summary>Requests of one kind to one server, whose throughput is compared with others'.</summary>
/// <param name="Load">The connections.</param>
/// <param name="Requests">What is sent, at random.</param>
internal sealed record Side(LoadGenerator Load, IReadOnlyList<byte[]> Requests)
{
    /// <summary>
    /// Measures the throughput of each side in short windows, in turn, so that whatever slows the machine slows them
    /// all. Returns, for each window, the answers a second of each side.
    /// </summary>
    public static async Task<IReadOnlyList<double[]>> CompareAsync(Effort effort, CancellationToken cancellationToken,
        params IReadOnlyList<Side> sides)
    {
        foreach (var side in sides)
            await side.Load.RunAsync(effort.WarmUp, side.Requests, cancellationToken);
        var windows = new List<double[]>();
        for (var i = 0; i < effort.Windows; i++)
        {
            var rates = new double[sides.Count];
            for (var j = 0; j < sides.Count; j++)
                rates[j] = await sides[j].Load.RunAsync(effort.Window, sides[j].Requests, cancellationToken);
            windows.Add(rates);
        }
        return windows;
    }
}
