namespace OllamaProxy.Storage.Caching;

/// <summary>
/// Turns in their order, of which it can be told at next to no cost how many come before one. They are kept in sorted blocks: to
/// count is to add up the sizes of the blocks before, and to search one. Not safe for many threads.
/// </summary>
internal sealed class QueueKeyList
{
    private const int MaxBlock = 512;

    private readonly List<List<(long Rank, long Seq)>> _blocks = [];

    public int Count { get; private set; }

    /// <summary>The first one; null: there is none.</summary>
    public (long Rank, long Seq)? First => _blocks.Count > 0 ? _blocks[0][0] : null;

    /// <summary>All of them, in their order.</summary>
    public IEnumerable<(long Rank, long Seq)> All => _blocks.SelectMany(block => block);

    /// <summary>Adds a turn, unless it is there.</summary>
    public void Add((long Rank, long Seq) key)
    {
        if (_blocks.Count == 0)
            _blocks.Add([]);
        var block = BlockOf(key);
        var items = _blocks[block];
        if (items.BinarySearch(key) is not (< 0 and var place))
            return;
        items.Insert(~place, key);
        Count++;
        if (items.Count > MaxBlock)
            Split(block);
    }

    /// <summary>Removes a turn, if it is there.</summary>
    public void Remove((long Rank, long Seq) key)
    {
        if (_blocks.Count == 0)
            return;
        var block = BlockOf(key);
        var items = _blocks[block];
        if (items.BinarySearch(key) is not (>= 0 and var place))
            return;
        items.RemoveAt(place);
        Count--;
        if (items.Count == 0)
            _blocks.RemoveAt(block);
    }

    /// <summary>How many come before this turn, whether or not it is there.</summary>
    public long CountBefore((long Rank, long Seq) key)
    {
        if (_blocks.Count == 0)
            return 0;
        var block = BlockOf(key);
        var place = _blocks[block].BinarySearch(key);
        long before = place >= 0 ? place : ~place;
        for (var earlier = 0; earlier < block; earlier++)
            before += _blocks[earlier].Count;
        return before;
    }

    /// <summary>The last block that begins at this turn or before it; the first, if none does.</summary>
    private int BlockOf((long Rank, long Seq) key)
    {
        var (low, high) = (0, _blocks.Count - 1);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            if (_blocks[middle][0].CompareTo(key) <= 0)
                low = middle;
            else
                high = middle - 1;
        }
        return low;
    }

    /// <summary>At its end rather than in its middle where turns come in their order, as they do when all are read.</summary>
    private void Split(int block)
    {
        var items = _blocks[block];
        var kept = block == _blocks.Count - 1 ? items.Count - 1 : items.Count / 2;
        _blocks.Insert(block + 1, items.GetRange(kept, items.Count - kept));
        items.RemoveRange(kept, items.Count - kept);
    }
}
