using OllamaProxy.Protocol;

namespace OllamaProxy.Storage.Caching;

/// <summary>
/// Selects what a worker is offered of the accounts: as many accounts as there may be claims from one snapshot, and for each backend with
/// room as many whose prompts can run there. Half of them are those whose prompts come first, since priority goes before fairness; the
/// others are those that have been served least. Where too few of these want what is loaded, it selects that of others within the fairness
/// window. So the work is bounded by the room, and not by the number of accounts.
/// </summary>
internal sealed class AccountSelection
{
    /// <summary>How many groups are offered for each backend with room, because it has their models.</summary>
    private const int MaxWanted = 8;

    /// <summary>How many groups are offered at least of each account, for each of these reasons.</summary>
    private const int MinGroups = 2;

    private readonly SnapshotTerms _terms;
    private readonly int _firstModels;
    private readonly int _wanted;
    private readonly int[] _leftAt;
    private int _left;

    /// <summary>For each load that is still looked for, how many more accounts that want it are to be found.</summary>
    private readonly Dictionary<LoadKey, int> _leftOf;

    /// <param name="terms">What the worker asks for.</param>
    /// <param name="accounts">How many accounts have due prompts.</param>
    private AccountSelection(SnapshotTerms terms, int accounts)
    {
        _terms = terms;
        _left = terms.Accounts;
        _leftOf = terms.Loaded.ToDictionary(load => load, _ => terms.Accounts);
        _leftAt = [.. terms.ModelsWithRoom.Select(_ => terms.Accounts)];
        var sharing = Math.Clamp(accounts, 1, terms.Accounts);
        _firstModels = Math.Max(terms.FirstModels / sharing, Math.Min(MinGroups, terms.FirstModels));
        _wanted = Math.Max(MaxWanted / sharing, MinGroups);
    }

    /// <summary>The groups that are offered.</summary>
    public HashSet<PromptGroup> Chosen { get; } = [];

    /// <summary>Whether all that could be claimed from one snapshot is selected.</summary>
    private bool IsFull => _left == 0 && Array.TrueForAll(_leftAt, left => left == 0);

    /// <summary>Selects groups of accounts that have due prompts for the worker.</summary>
    public static HashSet<PromptGroup> Of(List<DueAccount> accounts, SnapshotTerms terms)
    {
        var selection = new AccountSelection(terms, accounts.Count);
        if (accounts.Count <= 1)
        {
            foreach (var account in accounts)
                selection.Take(account.Queue);
            return selection.Chosen;
        }
        var (places, able) = PlacesOf(accounts, terms);
        var taken = AccountPlace.Least(places.AsSpan(0, able), terms.Accounts / 2, at => at.InQueue)
            .Select(place => place.Account).ToHashSet();
        var wanted = taken.Where(selection.Take).ToHashSet();
        var least = default(double?);
        var order = AccountPlace.Least(places, 2 * terms.Accounts, at => at);
        for (var next = 0; next < places.Length; next++)
        {
            if (next == order.Length)
                order = [.. places.OrderBy(place => place.At)];
            var (account, at) = order[next];
            if (taken.Contains(account))
                least = wanted.Contains(account) ? least ?? at.Counter : least;
            else if (!selection.IsFull)
                least = selection.Take(account) ? least ?? at.Counter : least;
            else if (selection._leftOf.Count > 0 && at.Counter <= (least ?? at.Counter) + terms.FairnessWindow)
                selection.ChooseLoaded(account, [.. selection._leftOf.Keys]);
            else
                break;
        }
        return selection.Chosen;
    }

    /// <summary>The places of the accounts, and how many of these may begin prompts: they come first.</summary>
    private static ((AccountQueue Account, AccountPlace At)[] Places, int Able) PlacesOf(
        List<DueAccount> accounts, SnapshotTerms terms)
    {
        var places = new (AccountQueue, AccountPlace)[accounts.Count];
        var (able, unable) = (0, places.Length);
        foreach (var account in accounts)
        {
            var at = new AccountPlace(terms.CounterOf(account.Queue.Account), account.First);
            places[double.IsFinite(at.Counter) ? able++ : --unable] = (account.Queue, at);
        }
        return (places, able);
    }

    /// <summary>Selects groups of an account, and returns whether a backend with room has their models.</summary>
    private bool Take(AccountQueue account)
    {
        var isWanted = false;
        for (var index = 0; index < _leftAt.Length; index++)
            if (_leftAt[index] > 0 && Choose(account.Wanted(_terms.ModelsWithRoom[index], _terms.Worker, _wanted)))
            {
                _leftAt[index]--;
                isWanted = true;
            }
        ChooseLoaded(account, _terms.Loaded);
        if (_left > 0 && Choose(account.Heads(_terms.Worker)
            .Where(group => group.Model is null || !_terms.PassedOver.Contains(group.Model)).Take(_firstModels)))
            _left--;
        return isWanted;
    }

    private void ChooseLoaded(AccountQueue account, IEnumerable<LoadKey> loads)
    {
        foreach (var group in account.Named(loads, _terms.Worker))
        {
            Chosen.Add(group);
            var load = new LoadKey(group.Model!, group.Options);
            if (_leftOf.TryGetValue(load, out var left) && --left > 0)
                _leftOf[load] = left;
            else
                _leftOf.Remove(load);
        }
    }

    private bool Choose(IEnumerable<PromptGroup> groups)
    {
        var any = false;
        foreach (var group in groups)
        {
            Chosen.Add(group);
            any = true;
        }
        return any;
    }
}
