namespace OllamaProxy.Storage.Caching;

/// <summary>
/// Where an account stands among the others. There can be thousands, of which few are looked at: these are found by one comparison each,
/// without sorting all.
/// </summary>
/// <param name="Account">The account.</param>
/// <param name="Counter">What it has been served.</param>
/// <param name="First">The key of its first due prompt.</param>
internal readonly record struct AccountPlace(AccountQueue Account, double Counter, (long Rank, long Seq) First)
{
    /// <summary>In the order of the queue.</summary>
    public static readonly Comparer<AccountPlace> ByKey = Comparer<AccountPlace>.Create((one, other) => one.CompareKeyTo(other));

    /// <summary>Who was served least first, and of equal ones in the order of the queue.</summary>
    private static readonly Comparer<AccountPlace> ByCounter = Comparer<AccountPlace>.Create((one, other) =>
        one.Counter < other.Counter ? -1 : one.Counter > other.Counter ? 1 : one.CompareKeyTo(other));

    /// <summary>The first ones in an order, sorted.</summary>
    public static AccountPlace[] Least(IEnumerable<AccountPlace> places, int count, Comparer<AccountPlace> order)
    {
        var least = new PriorityQueue<AccountPlace, AccountPlace>(
            count, Comparer<AccountPlace>.Create((one, other) => order.Compare(other, one)));
        foreach (var place in places)
            if (least.Count < count)
                least.Enqueue(place, place);
            else if (count > 0 && order.Compare(place, least.Peek()) < 0)
                least.EnqueueDequeue(place, place);
        var sorted = least.UnorderedItems.Select(item => item.Element).ToArray();
        Array.Sort(sorted, order);
        return sorted;
    }

    /// <summary>All of them, who was served least first.</summary>
    /// <param name="places">The accounts.</param>
    /// <param name="likely">How many are looked at as a rule. To go further costs more.</param>
    public static IEnumerable<AccountPlace> ByCounterFrom(AccountPlace[] places, int likely)
    {
        var first = Least(places, likely, ByCounter);
        foreach (var place in first)
            yield return place;
        if (first.Length == places.Length)
            yield break;
        var rest = new PriorityQueue<AccountPlace, AccountPlace>(
            places.Where(place => ByCounter.Compare(place, first[^1]) > 0).Select(place => (place, place)), ByCounter);
        while (rest.TryDequeue(out var place, out _))
            yield return place;
    }

    private int CompareKeyTo(AccountPlace other) =>
        First.Rank != other.First.Rank ? First.Rank.CompareTo(other.First.Rank) : First.Seq.CompareTo(other.First.Seq);
}
