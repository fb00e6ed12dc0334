using Npgsql;

namespace OllamaProxy.Storage.Postgres.Engine;

/// <summary>
/// The database's clock, which rules: those of the instances may be off by minutes. It is read with every answer of the writer's, and goes
/// on by this machine's monotonic clock in between. Safe for many threads.
/// </summary>
/// <param name="local">This machine's clocks.</param>
internal sealed class DatabaseClock(TimeProvider local) : TimeProvider
{
    private readonly Lock _lock = new();
    private DateTimeOffset _time = local.GetUtcNow();
    private long _timestamp = local.GetTimestamp();

    public override long TimestampFrequency => local.TimestampFrequency;

    public override DateTimeOffset GetUtcNow()
    {
        lock (_lock)
            return _time + local.GetElapsedTime(_timestamp);
    }

    public override long GetTimestamp() => local.GetTimestamp();

    /// <summary>The same moment by the database's clock.</summary>
    /// <param name="time">A time by this machine's.</param>
    public DateTimeOffset Of(DateTimeOffset time) =>
        GetUtcNow() - local.GetUtcNow() is var off
            && (off < TimeSpan.Zero ? time > DateTimeOffset.MinValue - off : time < DateTimeOffset.MaxValue - off)
            ? time + off : time;

    /// <summary>Reads the database's clock.</summary>
    public async Task ReadAsync(NpgsqlConnection connection)
    {
        var from = GetTimestamp();
        await using var command = new NpgsqlCommand("SELECT clock_timestamp()", connection);
        var told = (DateTime)(await command.ExecuteScalarAsync())!;
        Correct(new(told, TimeSpan.Zero), from, GetTimestamp());
    }

    /// <summary>
    /// Takes over what the database's clock said between two moments: what is told now can be corrected only to one of them.
    /// </summary>
    /// <param name="told">What it said.</param>
    /// <param name="from">When it was asked, by the monotonic clock.</param>
    /// <param name="until">When it had answered.</param>
    public void Correct(DateTimeOffset told, long from, long until)
    {
        lock (_lock)
        {
            var (earliest, latest) = (_time + local.GetElapsedTime(_timestamp, from), _time + local.GetElapsedTime(_timestamp, until));
            if (told < earliest)
                (_time, _timestamp) = (told, from);
            else if (told > latest)
                (_time, _timestamp) = (told, until);
        }
    }
}
