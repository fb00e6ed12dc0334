using System.Collections.Immutable;
using OllamaProxy.Access;

namespace OllamaProxy.Scheduling;

/// <summary>How many more prompts of each owner may be begun, where only so many of them may run at a time.</summary>
/// <param name="Left">How many that is for each owner who has such a limit.</param>
public sealed record OwnerRoom(IImmutableDictionary<string, int> Left)
{
    /// <summary>Nobody has a limit.</summary>
    public static readonly OwnerRoom Unlimited = new(ImmutableDictionary<string, int>.Empty);

    /// <summary>Whether another prompt of an account may be begun.</summary>
    public bool Has(string account) => Left.Count == 0 || !Left.TryGetValue(AccountShares.OwnerOf(account), out var left) || left > 0;

    /// <summary>What is left when one is begun.</summary>
    public OwnerRoom Without(string account) =>
        Left.Count > 0 && AccountShares.OwnerOf(account) is var owner && Left.TryGetValue(owner, out var left)
            ? new(Left.SetItem(owner, left - 1)) : this;
}
