namespace OllamaProxy.Storage.Sqlite;

/// <summary>
/// Queued prompts in the order in which they run, of which it can be told at next to no cost how many come before one. They
/// are kept in sorted blocks: to count is to add up the sizes of the blocks before, and to search one. Not safe for many threads.
/// </summary>
internal sealed class RankedSet
{
    private const int MaxBlock = 512;

    private readonly Dictionary<long, long> _ranks = [];
    private readonly List<List<(long Rank, long Seq)>> _blocks = [];

    public int Count => _ranks.Count;

    /// <summary>Adds a prompt, or moves it to another rank.</summary>
    public void Set(long seq, long rank)
    {
        if (_ranks.TryGetValue(seq, out var old) && old == rank)
            return;
        Remove(seq);
        _ranks.Add(seq, rank);
        if (_blocks.Count == 0)
            _blocks.Add([]);
        var block = BlockOf((rank, seq));
        var items = _blocks[block];
        items.Insert(~items.BinarySearch((rank, seq)), (rank, seq));
        if (items.Count > MaxBlock)
            Split(block);
    }

    /// <summary>Removes a prompt, if it is there.</summary>
    public void Remove(long seq)
    {
        if (!_ranks.Remove(seq, out var rank))
            return;
        var block = BlockOf((rank, seq));
        var items = _blocks[block];
        items.RemoveAt(items.BinarySearch((rank, seq)));
        if (items.Count == 0)
            _blocks.RemoveAt(block);
    }

    /// <summary>How many come before this place, whether or not a prompt is there.</summary>
    public long CountBefore(long rank, long seq)
    {
        if (_blocks.Count == 0)
            return 0;
        var block = BlockOf((rank, seq));
        var place = _blocks[block].BinarySearch((rank, seq));
        long before = place >= 0 ? place : ~place;
        for (var earlier = 0; earlier < block; earlier++)
            before += _blocks[earlier].Count;
        return before;
    }

    /// <summary>The last block that begins at this item or before it; the first, if none does.</summary>
    private int BlockOf((long Rank, long Seq) item)
    {
        var (low, high) = (0, _blocks.Count - 1);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            if (_blocks[middle][0].CompareTo(item) <= 0)
                low = middle;
            else
                high = middle - 1;
        }
        return low;
    }

    private void Split(int block)
    {
        var items = _blocks[block];
        var half = items.Count / 2;
        _blocks.Insert(block + 1, items.GetRange(half, items.Count - half));
        items.RemoveRange(half, items.Count - half);
    }
}
