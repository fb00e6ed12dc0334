namespace OllamaProxy.Benchmarks;

/// <summary>A row of the table.</summary>
/// <param name="Name">What it is asked for by.</param>
/// <param name="What">What its figure is.</param>
/// <param name="Target">What the figure should be.</param>
internal sealed record Row(string Name, string What, Target Target);
