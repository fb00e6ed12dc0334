namespace OllamaProxy.Worker;

/// <summary>That prompts of a model were overtaken by some that are behind them in the queue.</summary>
/// <param name="Since">When that was first done to those that still wait.</param>
/// <param name="Rank">The last rank that overtook: what is behind that has not been overtaken.</param>
public sealed record Overtaken(DateTimeOffset Since, long Rank);
