namespace OllamaProxy.Access;

/// <summary>
/// What the API keys of its owner say about an account: how much of the machine it gets. Its owner is the part of its name before the first
/// slash; an address has no key. Safe for many threads.
/// </summary>
public sealed class AccountShares(ApiKeys keys)
{
    /// <summary>How much of the machine the account gets, in proportion to the others.</summary>
    public double WeightOf(string account) => keys.Current.WeightOf(OwnerOf(account));

    /// <summary>The owners of whose prompts only so many may run at a time, with how many.</summary>
    public IReadOnlyDictionary<string, int> MostRunning => keys.Current.MostRunning;

    /// <summary>The owner of an account, if a key has that name; null: the account is an address, or a key that is gone.</summary>
    public string? NamedOwnerOf(string? account) =>
        account is { Length: > 0 } && OwnerOf(account) is var owner && keys.Current.HasOwner(owner) ? owner : null;

    /// <summary>The owner of an account.</summary>
    public static string OwnerOf(string account) => account.IndexOf('/') is >= 0 and var slash ? account[..slash] : account;
}
