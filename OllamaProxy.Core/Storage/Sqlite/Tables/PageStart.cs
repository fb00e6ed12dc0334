using OllamaProxy.Storage.Sqlite.Engine;

namespace OllamaProxy.Storage.Sqlite.Tables;

/// <summary>
/// The start of a page of the list of all prompts. SQLite would have to skip every row before it; but numbers are assigned without gaps, so
/// the start can be computed from how many prompts were removed, which the table <c>removals</c> counts.
/// </summary>
/// <param name="Seq">The highest number on the page.</param>
/// <param name="Offset">How many prompts with this number or lower come before the page: fewer than <see cref="Block"/>.</param>
internal readonly record struct PageStart(long Seq, long Offset)
{
    /// <summary>How many numbers share a row of <c>removals</c>: row B counts for the numbers B * Block + 1 to (B + 1) * Block.</summary>
    public const int Block = 256;

    /// <summary>Finds the start of the page after this many of the newest prompts.</summary>
    public static PageStart Find(SqliteSession session, long before)
    {
        var seq = session.Number("SELECT seq FROM sqlite_sequence WHERE name = 'prompts'");
        using var row = session.Query("SELECT block, prompts FROM removals ORDER BY block DESC");
        while (row.Read())
        {
            var (block, removed) = (row.Int64(0), row.Int64(1));
            // All prompts with numbers above this block still exist: blocks with removed ones come in descending order.
            var above = Math.Max(seq - ((block + 1) * Block), 0);
            if (before <= above)
                break;
            (seq, before) = (seq - above, before - above);
            var there = seq - (block * Block) - removed;
            if (before <= there)
                return new(seq, before);
            (seq, before) = (block * Block, before - there);
        }
        return new(seq - before, 0);
    }
}
