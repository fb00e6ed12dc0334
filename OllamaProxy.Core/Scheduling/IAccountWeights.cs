namespace OllamaProxy.Scheduling;

/// <summary>How much of the machine each account gets, in proportion to the others. Safe for many threads.</summary>
public interface IAccountWeights
{
    /// <summary>The weight of an account, above 0. It may change at any time.</summary>
    double WeightOf(string account);
}

/// <summary>All accounts have the same weight.</summary>
public sealed class EqualWeights : IAccountWeights
{
    /// <inheritdoc/>
    public double WeightOf(string account) => 1;
}
