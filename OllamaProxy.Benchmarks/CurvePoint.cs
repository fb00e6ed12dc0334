namespace OllamaProxy.Benchmarks;

/// <summary>What the store's operations cost in a file of one size.</summary>
/// <param name="Prompts">How many prompts the file holds.</param>
/// <param name="Microseconds">The median cost of each operation, by its name.</param>
internal sealed record CurvePoint(int Prompts, IReadOnlyDictionary<string, double> Microseconds);
