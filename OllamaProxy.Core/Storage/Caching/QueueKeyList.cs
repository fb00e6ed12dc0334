namespace OllamaProxy.Storage.Caching;

/// <summary>
/// Sorted list of queue keys that counts the keys before a given one at little cost. The keys are kept in sorted blocks: counting adds up
/// the sizes of the earlier blocks, and searches one. Not safe for many threads.
/// </summary>
internal sealed class QueueKeyList
{
    private const int MaxBlock = 512;

    private readonly List<List<(long Rank, long Seq)>> _blocks = [];

    public int Count { get; private set; }

    /// <summary>The first key; null: the list is empty.</summary>
    public (long Rank, long Seq)? First => _blocks.Count > 0 ? _blocks[0][0] : null;

    /// <summary>All keys, in order.</summary>
    public IEnumerable<(long Rank, long Seq)> All => _blocks.SelectMany(block => block);

    /// <summary>Adds a key, unless the list has it.</summary>
    public void Add((long Rank, long Seq) key)
    {
        if (_blocks.Count == 0)
            _blocks.Add([]);
        var block = BlockOf(key);
        var items = _blocks[block];
        if (items.BinarySearch(key) is not (< 0 and var index))
            return;
        items.Insert(~index, key);
        Count++;
        if (items.Count > MaxBlock)
            Split(block);
    }

    /// <summary>Removes a key, if the list has it.</summary>
    public void Remove((long Rank, long Seq) key)
    {
        if (_blocks.Count == 0)
            return;
        var block = BlockOf(key);
        var items = _blocks[block];
        if (items.BinarySearch(key) is not (>= 0 and var index))
            return;
        items.RemoveAt(index);
        Count--;
        if (items.Count == 0)
            _blocks.RemoveAt(block);
    }

    /// <summary>How many keys come before this one, whether or not the list has it.</summary>
    public long CountBefore((long Rank, long Seq) key)
    {
        if (_blocks.Count == 0)
            return 0;
        var block = BlockOf(key);
        var index = _blocks[block].BinarySearch(key);
        long before = index >= 0 ? index : ~index;
        for (var earlier = 0; earlier < block; earlier++)
            before += _blocks[earlier].Count;
        return before;
    }

    /// <summary>The last block that begins at or before this key; the first block if none does.</summary>
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

    /// <summary>
    /// Splits a block in its middle, except for the last block: there only the last key moves, so that adding keys in order fills the
    /// blocks.
    /// </summary>
    private void Split(int block)
    {
        var items = _blocks[block];
        var kept = block == _blocks.Count - 1 ? items.Count - 1 : items.Count / 2;
        _blocks.Insert(block + 1, items.GetRange(kept, items.Count - kept));
        items.RemoveRange(kept, items.Count - kept);
    }
}
