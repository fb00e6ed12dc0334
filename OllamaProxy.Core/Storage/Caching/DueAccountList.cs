using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace OllamaProxy.Storage.Caching;

/// <summary>
/// The accounts with due prompts. What a look at the queue compares of them is side by side in memory: there can be thousands, and to
/// follow the references of each would take longer than all the rest. Not safe for many threads.
/// </summary>
internal sealed class DueAccountList
{
    private readonly List<DueAccount> _accounts = [];

    /// <summary>Their names.</summary>
    public ImmutableHashSet<string> Names { get; private set; } = [];

    /// <summary>Takes note of how an account is now: it is in the list as long as it has due prompts.</summary>
    public void Update(AccountQueue account)
    {
        if (!account.HasDue)
        {
            Remove(account);
            return;
        }
        var now = new DueAccount(account, account.CountHeads(Guid.Empty), account.First(Guid.Empty) ?? default, account.HasOwn);
        if (account.DueIndex is { } index)
        {
            _accounts[index] = now;
            return;
        }
        account.DueIndex = _accounts.Count;
        _accounts.Add(now);
        Names = Names.Add(account.Account);
    }

    /// <summary>The accounts with prompts that this worker may run.</summary>
    public List<DueAccount> For(Guid worker)
    {
        var found = new List<DueAccount>(_accounts.Count);
        foreach (ref readonly var each in CollectionsMarshal.AsSpan(_accounts))
        {
            if (!each.HasOwn)
                found.Add(each);
            else if (each.Queue.CountHeads(worker) is > 0 and var heads)
                found.Add(each with { Heads = heads, First = each.Queue.First(worker)!.Value });
        }
        return found;
    }

    private void Remove(AccountQueue account)
    {
        if (account.DueIndex is not { } index)
            return;
        // The last one moves to where this one was.
        var last = _accounts[^1];
        _accounts[index] = last;
        last.Queue.DueIndex = index;
        _accounts.RemoveAt(_accounts.Count - 1);
        account.DueIndex = null;
        Names = Names.Remove(account.Account);
    }
}

/// <summary>An account with due prompts, as far as accounts are compared.</summary>
/// <param name="Queue">Its prompts.</param>
/// <param name="Heads">How many of its groups have due prompts.</param>
/// <param name="First">The key of the first of these prompts.</param>
/// <param name="HasOwn">Whether there are also prompts that only one worker may run: these are not counted in.</param>
internal readonly record struct DueAccount(AccountQueue Queue, int Heads, (long Rank, long Seq) First, bool HasOwn);
