using System.Collections.Immutable;
using OllamaProxy.Protocol;

namespace OllamaProxy.Scheduling;

/// <summary>
/// The overtake history of each group and, for each account, of <see cref="Scheduler.Others"/>. Immutable, and by account, since a decision
/// is about a few accounts of what may be thousands.
/// </summary>
public sealed class OvertakeHistories
{
    /// <summary>Nothing has been overtaken.</summary>
    public static readonly OvertakeHistories None = new(ImmutableDictionary<string, IReadOnlyDictionary<LoadKey, OvertakeHistory>>.Empty);

    private readonly ImmutableDictionary<string, IReadOnlyDictionary<LoadKey, OvertakeHistory>> _byAccount;

    private OvertakeHistories(ImmutableDictionary<string, IReadOnlyDictionary<LoadKey, OvertakeHistory>> byAccount) =>
        _byAccount = byAccount;

    /// <summary>Of how many accounts there are any.</summary>
    public int Accounts => _byAccount.Count;

    /// <summary>The history of a group; null: none is kept.</summary>
    public OvertakeHistory? Find(GroupKey key) => _byAccount.GetValueOrDefault(key.Account)?.GetValueOrDefault(key.Load);

    /// <summary>The histories with those of accounts replaced.</summary>
    public OvertakeHistories With(IEnumerable<KeyValuePair<string, IReadOnlyDictionary<LoadKey, OvertakeHistory>>> accounts) =>
        new(_byAccount.SetItems(accounts));
}
