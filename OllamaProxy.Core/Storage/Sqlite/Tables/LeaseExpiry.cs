using OllamaProxy.Storage.Sqlite.Engine;

namespace OllamaProxy.Storage.Sqlite.Tables;

/// <summary>Which leases have run out: those that could be good by none of the clocks by which they may have been given.</summary>
/// <param name="Clocks">What each of the clocks says now; more than one only for a while after the wall clock was set.</param>
/// <param name="Length">How long leases are.</param>
internal readonly record struct LeaseExpiry(IReadOnlyList<DateTimeOffset> Clocks, TimeSpan Length)
{
    /// <summary>What ends by then has run out, whichever clock it was given by.</summary>
    public DateTimeOffset By => Clocks.Min();

    /// <summary>
    /// Has leases and connections end by <see cref="By"/> that end later and have run out all the same; part of a transaction of the
    /// writer.
    /// </summary>
    public void Settle(SqliteSession session)
    {
        if (Clocks.Count == 1)
            return;
        session.Execute(
            """
            UPDATE connections SET expires_at = $by WHERE expires_at <= $latest
                AND NOT EXISTS (SELECT 1 FROM json_each($clocks) WHERE expires_at > value AND expires_at <= value + $length);
            UPDATE leases SET expires_at = $by WHERE expires_at <= $latest
                AND NOT EXISTS (SELECT 1 FROM json_each($clocks) WHERE expires_at > value AND expires_at <= value + $length)
            """,
            ("$by", By.ToUnixTimeMilliseconds()), ("$latest", Clocks.Max().ToUnixTimeMilliseconds()),
            ("$length", (long)Length.TotalMilliseconds),
            ("$clocks", $"[{string.Join(',', Clocks.Select(clock => clock.ToUnixTimeMilliseconds()))}]"));
    }
}
