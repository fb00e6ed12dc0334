namespace OllamaProxy.Storage.Caching;

/// <summary>
/// Selects what a worker is offered of the accounts: as many accounts as there may be claims from one snapshot, and for each backend with
/// room as many whose prompts can run there. Half of them are those whose prompts come first, since priority goes before fairness; the
/// others are those that have been served least. Beyond these it selects what is loaded of the accounts within the fairness window. So
/// the work is bounded by the room, and not by the number of accounts.
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
    private int _leftWithin;

    /// <param name="terms">What the worker asks for.</param>
    /// <param name="accounts">How many accounts have due prompts.</param>
    private AccountSelection(SnapshotTerms terms, int accounts)
    {
        _terms = terms;
        _left = _leftWithin = terms.Accounts;
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
    public static HashSet<PromptGroup> Of(IReadOnlyCollection<AccountQueue> accounts, SnapshotTerms terms)
    {
        var selection = new AccountSelection(terms, accounts.Count);
        if (accounts.Count <= 1)
        {
            foreach (var account in accounts)
                selection.Take(account);
            return selection.Chosen;
        }
        var places = accounts.Select(account =>
            (account, new AccountPlace(terms.CounterOf(account.Account), account.First(terms.Worker)!.Value))).ToArray();
        var order = new PriorityQueue<AccountQueue, AccountPlace>(places, AccountPlace.ByCounter);
        var taken = FirstOf(places, terms.Accounts / 2);
        var wanted = taken.Where(selection.Take).ToHashSet();
        var least = default(double?);
        while (order.TryDequeue(out var account, out var at))
        {
            if (taken.Contains(account))
                least = wanted.Contains(account) ? least ?? at.Counter : least;
            else if (!selection.IsFull)
                least = selection.Take(account) ? least ?? at.Counter : least;
            else if (at.Counter > (least ?? at.Counter) + terms.FairnessWindow || !selection.TryTakeLoaded(account))
                break;
        }
        return selection.Chosen;
    }

    /// <summary>The accounts whose prompts come first, but for those that may begin none.</summary>
    private static HashSet<AccountQueue> FirstOf(ReadOnlySpan<(AccountQueue Account, AccountPlace At)> places, int count)
    {
        var first = new PriorityQueue<AccountQueue, AccountPlace>(count, AccountPlace.ByLastKey);
        foreach (var (account, at) in places)
        {
            if (!double.IsFinite(at.Counter))
                continue;
            if (first.Count < count)
                first.Enqueue(account, at);
            else
                first.EnqueueDequeue(account, at);
        }
        return [.. first.UnorderedItems.Select(item => item.Element)];
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
        Choose(account.Named(_terms.Loaded, _terms.Worker));
        if (_left > 0 && Choose(account.Heads(_terms.Worker)
            .Where(group => group.Model is null || !_terms.PassedOver.Contains(group.Model)).Take(_firstModels)))
            _left--;
        return isWanted;
    }

    private bool TryTakeLoaded(AccountQueue account)
    {
        if (Choose(account.Named(_terms.Loaded, _terms.Worker)))
            _leftWithin--;
        return _leftWithin > 0;
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

/// <summary>Where an account stands among the others: there can be thousands, and all are compared at each look.</summary>
/// <param name="Counter">What it has been served.</param>
/// <param name="First">The key of its first due prompt.</param>
internal readonly record struct AccountPlace(double Counter, (long Rank, long Seq) First)
{
    /// <summary>Who was served least comes first, and of equal ones whose prompt does.</summary>
    public static readonly IComparer<AccountPlace> ByCounter = Comparer<AccountPlace>.Create((one, other) =>
        one.Counter < other.Counter ? -1 : one.Counter > other.Counter ? 1 : one.CompareKeyTo(other));

    /// <summary>Whose prompt comes last comes first.</summary>
    public static readonly IComparer<AccountPlace> ByLastKey = Comparer<AccountPlace>.Create((one, other) => other.CompareKeyTo(one));

    private int CompareKeyTo(AccountPlace other) => First.Rank != other.First.Rank
        ? First.Rank.CompareTo(other.First.Rank) : First.Seq.CompareTo(other.First.Seq);
}
