namespace OllamaProxy.Storage.Caching;

/// <summary>Where an account stands among the others: who was served least comes first, and of equal ones whose prompt does.</summary>
/// <param name="Counter">What it has been served.</param>
/// <param name="First">The key of its first due prompt.</param>
internal readonly record struct AccountPlace(double Counter, (long Rank, long Seq) First) : IComparable<AccountPlace>
{
    private static readonly Comparer<AccountPlace> LastFirst = Comparer<AccountPlace>.Create((one, other) => other.CompareTo(one));

    /// <summary>The place if all had been served as much.</summary>
    public AccountPlace InQueue => this with { Counter = 0 };

    public int CompareTo(AccountPlace other) => Counter != other.Counter ? Counter.CompareTo(other.Counter)
        : First.Rank != other.First.Rank ? First.Rank.CompareTo(other.First.Rank) : First.Seq.CompareTo(other.First.Seq);

    /// <summary>The first accounts, in order. There can be thousands more, nearly all of which cost one comparison each.</summary>
    public static (AccountQueue Account, AccountPlace At)[] Least(
        ReadOnlySpan<(AccountQueue Account, AccountPlace At)> accounts, int count, Func<AccountPlace, AccountPlace> by)
    {
        var least = new PriorityQueue<(AccountQueue, AccountPlace At), AccountPlace>(count, LastFirst);
        foreach (var (account, at) in accounts)
        {
            var place = by(at);
            if (least.Count < count)
                least.Enqueue((account, at), place);
            else if (least.TryPeek(out _, out var last) && place.CompareTo(last) < 0)
                least.EnqueueDequeue((account, at), place);
        }
        return [.. least.UnorderedItems.OrderBy(item => item.Priority).Select(item => item.Element)];
    }
}
