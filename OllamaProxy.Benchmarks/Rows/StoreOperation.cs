namespace OllamaProxy.Benchmarks.Rows;

/// <summary>Something that is asked of a store, whose cost must not depend on how much the store holds.</summary>
/// <param name="Name">What it is called in tables and curves.</param>
/// <param name="TimeAsync">Does it once, and returns how long that took, in microseconds.</param>
internal sealed record StoreOperation(string Name, Func<OpenStore, CancellationToken, Task<double>> TimeAsync);
