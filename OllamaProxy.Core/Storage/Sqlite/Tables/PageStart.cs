using OllamaProxy.Storage.Sqlite.Engine;

namespace OllamaProxy.Storage.Sqlite.Tables;

/// <summary>
/// Where a page of all prompts begins. SQLite would walk over every row before it; but numbers are given without gaps, so
/// that only removed prompts are in the way, and the table <c>removals</c> counts those.
/// </summary>
/// <param name="Seq">The rows of the page have this number or lower ones.</param>
/// <param name="Offset">So many of those are still before the page: fewer than <see cref="Block"/>.</param>
internal readonly record struct PageStart(long Seq, long Offset)
{
    /// <summary>So many numbers share a row of <c>removals</c>: row B those from B * Block + 1 to (B + 1) * Block.</summary>
    public const int Block = 256;

    /// <summary>Finds the page that so many of the newest prompts come before.</summary>
    public static PageStart Find(SqliteSession session, long before)
    {
        var seq = session.Number("SELECT seq FROM sqlite_sequence WHERE name = 'prompts'");
        using var row = session.Query("SELECT block, prompts FROM removals ORDER BY block DESC");
        while (row.Read())
        {
            var (block, removed) = (row.Int64(0), row.Int64(1));
            // All that were given a number above the block's are there.
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
