using Microsoft.Data.Sqlite;

namespace OllamaProxy.Tests.Storage.Sqlite;

/// <summary>Rows that scripts write into the file, past this program.</summary>
public sealed class ScriptTests : SqliteStoreTest
{
    [Fact]
    public async Task A_row_that_a_script_wrote_with_the_columns_of_the_original_is_run()
    {
        Sql("""
            INSERT INTO prompts (id, prompt, status, created_at, updated_at)
            VALUES ('0d9af21d-6d7f-4d64-8b34-8b0c7e1d2f3a', 'from a script', 'queued', '2026-02-21 12:00:00', '2026-02-21T12:00:00Z')
            """);

        var claimed = await ClaimAsync();

        Assert.Equal(
            ("from a script", null, "{}"), (claimed!.Text, claimed.Model, System.Text.Encoding.UTF8.GetString(claimed.Request.Span)));
        var found = await Store.FindAsync(claimed.Id, default);
        Assert.Equal(new DateTimeOffset(2026, 2, 21, 12, 0, 0, TimeSpan.Zero), found!.CreatedAt);
    }

    [Theory]
    [InlineData("'nope', 'text', 'queued', '2026-02-21T12:00:00Z', '2026-02-21T12:00:00Z'")]
    [InlineData("'0D9AF21D-6D7F-4D64-8B34-8B0C7E1D2F3A', 'text', 'queued', '2026-02-21T12:00:00Z', '2026-02-21T12:00:00Z'")]
    [InlineData("'0d9af21d-6d7f-4d64-8b34-8b0c7e1d2f3a', 'text', 'waiting', '2026-02-21T12:00:00Z', '2026-02-21T12:00:00Z'")]
    [InlineData("'0d9af21d-6d7f-4d64-8b34-8b0c7e1d2f3a', 'text', 'queued', 'yesterday', '2026-02-21T12:00:00Z'")]
    [InlineData("'0d9af21d-6d7f-4d64-8b34-8b0c7e1d2f3a', 'text', 'queued', '2460000.5', '2026-02-21T12:00:00Z'")]
    public void A_row_of_a_script_that_could_not_be_read_is_kept_out(string row) =>
        Assert.Throws<SqliteException>(() => Sql($"INSERT INTO prompts (id, prompt, status, created_at, updated_at) VALUES ({row})"));

    [Fact]
    public async Task A_date_of_a_script_that_no_calendar_has_stops_nothing()
    {
        Sql("INSERT INTO prompts (id, prompt, created_at) VALUES ('0d9af21d-6d7f-4d64-8b34-8b0c7e1d2f3a', 'text', '2026-02-30 12:00:00')");
        await AddAsync("hello");
        var offer = await Store.ReadSnapshotAsync(new(10, Guid.NewGuid()), default);
        Assert.Equal(2, offer.Prompts.Count);
        Assert.Equal(2, (await Store.ListAsync(new(1, 10), default)).Prompts.Count);
    }

    [Theory]
    [InlineData("batch = 'nightly'")]
    [InlineData("expires_at = 9e18")]
    [InlineData("timeout = 1e300")]
    [InlineData("timeout = 0")]
    [InlineData("max_attempts = 0")]
    [InlineData("started_at = 'soon'")]
    public async Task A_change_of_a_script_that_could_not_be_read_is_kept_out(string assignment)
    {
        await AddAsync("hello");
        Assert.Throws<SqliteException>(() => Sql($"UPDATE prompts SET {assignment}"));
    }
}
