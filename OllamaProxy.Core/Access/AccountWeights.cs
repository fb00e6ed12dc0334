namespace OllamaProxy.Access;

/// <summary>
/// How much of the machine each account gets, in proportion to the others: what the API keys of its owner say. Safe for many threads.
/// </summary>
public sealed class AccountWeights(ApiKeys keys)
{
    /// <summary>
    /// The weight of an account. The part before its first slash is its owner's name, or an address, whose weight is 1.
    /// </summary>
    public double WeightOf(string account) => keys.Current.WeightOf(account.Split('/', 2)[0]);
}
