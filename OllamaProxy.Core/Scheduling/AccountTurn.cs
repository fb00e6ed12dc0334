namespace OllamaProxy.Scheduling;

/// <summary>An account in one round: what it has been served, as assignments add to it, and its models that still have prompts.</summary>
internal sealed class AccountTurn(string account)
{
    public string Account => account;

    /// <summary>See <see cref="TokenCounters.CounterOf"/>.</summary>
    public double Counter { get; set; }

    /// <summary>See <see cref="TokenCounters.IsWaiting"/>.</summary>
    public required bool WasWaiting { get; init; }

    /// <summary>Whether any backend could be given one of its prompts, free or not.</summary>
    public bool IsAble { get; set; }

    /// <summary>The groups that still have prompts to assign, in the order of their first prompts.</summary>
    public List<ModelGroup> Waiting { get; } = [];

    /// <summary>The order in which accounts are served: the least counter first, and among equals who came first.</summary>
    public (double Counter, (long Rank, long Seq) Key) Order =>
        (Counter, Waiting is [var first, ..] ? first.Head!.Key : (long.MaxValue, long.MaxValue));

    /// <summary>Takes groups out, and sorts the others by what their first prompts are now.</summary>
    public void RestartWithout(Predicate<ModelGroup> isGone)
    {
        Waiting.RemoveAll(isGone);
        Waiting.Sort((one, other) => one.Head!.Key.CompareTo(other.Head!.Key));
    }

    /// <summary>Inserts a group where its first prompt belongs.</summary>
    public void Insert(ModelGroup group)
    {
        var index = Waiting.FindIndex(other => other.Head!.Key.CompareTo(group.Head!.Key) > 0);
        Waiting.Insert(index >= 0 ? index : Waiting.Count, group);
    }
}
