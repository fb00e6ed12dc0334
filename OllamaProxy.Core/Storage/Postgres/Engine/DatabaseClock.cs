using Npgsql;

namespace OllamaProxy.Storage.Postgres.Engine;

/// <summary>
/// An estimate of the database's clock, by which all stored times go, since the clocks of instances may differ by minutes. Each
/// transaction of the writer corrects it; in between it advances by this machine's monotonic clock. Safe for many threads.
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

    /// <summary>Converts a time of this machine's clock to the database's clock.</summary>
    /// <param name="time">The time by this machine's clock.</param>
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
    /// Corrects the estimate by a reading of the database's clock. The clock was read at some moment between request and response, so the
    /// estimate is only moved as far as it must be wrong.
    /// </summary>
    /// <param name="told">The reading.</param>
    /// <param name="from">When it was requested, by the monotonic clock.</param>
    /// <param name="until">When the response had come.</param>
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
