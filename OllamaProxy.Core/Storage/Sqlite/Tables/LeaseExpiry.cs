using OllamaProxy.Storage.Sqlite.Engine;

namespace OllamaProxy.Storage.Sqlite.Tables;

/// <summary>Which leases have expired: those that cannot be valid by any of the clocks that may have set their ends.</summary>
/// <param name="Clocks">The time of each clock now. There are several only for a while after the wall clock was set.</param>
/// <param name="Length">The length of leases.</param>
internal readonly record struct LeaseExpiry(IReadOnlyList<DateTimeOffset> Clocks, TimeSpan Length)
{
    /// <summary>A lease that ends by this time has expired, whichever clock set its end.</summary>
    public DateTimeOffset By => Clocks.Min();

    /// <summary>
    /// Shortens the leases that have expired but end later than <see cref="By"/>, so that they end by then. Runs within a transaction of
    /// the writer.
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
