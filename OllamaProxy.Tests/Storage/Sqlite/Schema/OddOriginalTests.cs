using System.Globalization;
using System.Text;
using CsCheck;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Time.Testing;
using OllamaProxy.Prompts;
using OllamaProxy.Storage.Sqlite;
using OllamaProxy.Storage.Sqlite.Engine;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Storage.Sqlite.Schema;

/// <summary>
/// Rows of the original program, or of scripts that wrote into its table, that are not as one would expect: nothing stops the takeover,
/// and no row is lost.
/// </summary>
public sealed class OddOriginalTests
{
    private const string Id = "6d1c2b0a-8f0e-4a66-9d55-0f3b8a1f0001";
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>SQL values of every kind that a column can hold, whatever it is declared as.</summary>
    private static readonly Gen<string> Anything = Among(
        "NULL", "''", "' '", "0", "-1", "17", "1.5", "-1e308", "9e999", "9223372036854775807", "x''", "x'00'", "x'ff'", "x'c3'",
        "x'eda080'", "x'6162'", "'plain'", "'ä€😀'",
        "'a' || char(0) || 'b'", "char(0)", "CAST(x'ff41' AS TEXT)", "CAST(x'f0908d' AS TEXT)", "zeroblob(70000)", "hex(zeroblob(70000))",
        "'''; DROP TABLE prompts; --'", "char(65279)", "'{\"a\":1}'");

    private static readonly Gen<string> Ids = Gen.Frequency((3, Anything), (5, Among(
        $"'{Id}'", $"'{Id.ToUpperInvariant()}'", "'6d1c2b0a-8f0e-4a66-9d55-0f3b8a1F0001'", $"'{{{Id}}}'", $"'({Id})'",
        $"'{Id.Replace("-", "", StringComparison.Ordinal)}'", $"' {Id}'", $"'{Id}' || char(0)",
        $"CAST('{Id}' AS BLOB)", "'00000000-0000-0000-0000-000000000000'", "'6d1c2b0a-8f0e-4a66-9d55-0f3b8a1f000'",
        "'{0x6d1c2b0a,0x8f0e,0x4a66,{0x9d,0x55,0x0f,0x3b,0x8a,0x1f,0x00,0x01}}'")),
        (5, Gen.Guid.Select(id => $"'{id}'")));

    private static readonly Gen<string> Statuses = Gen.Frequency((2, Anything), (5, Among("'queued'", "'processing'", "'completed'",
        "'failed'", "'error'", "'QUEUED'", "'completed '", "x'717565756564'")));

    private static readonly Gen<string> Times = Gen.Frequency((2, Anything), (5, Among(
        "'2026-02-21T12:00:00+00:00'", "'2026-02-21T12:00:00.000001+00:00'", "'2026-02-21T12:00:00'", "'2026-02-21 12:00:00.5'",
        "'2026-02-21'", "'2026-02-30T12:00:00+00:00'", "'0001-01-01T00:00:00+14:00'",
        "'9999-12-31T23:59:59.999999-14:00'", "'0000-00-00'", "'2026-02-21T24:00:00'", "CURRENT_TIMESTAMP", "1771675200", "1771675200.25",
        "2461093.0", "'now'", "'12:00'", "'1'", "'-4713-11-24 12:00:00'",
        "253402300800", "-62135596801", "1e18", "'Sat Feb 21 12:00:00 2026'", "'2026-02-21T12:00:00.123456789Z'")));

    private static readonly Gen<string> Rows = Gen.Select(Ids, Anything, Statuses, Anything, Times, Times).Select(row =>
        $"({row.Item1}, {row.Item2}, {row.Item3}, {row.Item4}, {row.Item5}, {row.Item6})");

    [Fact]
    public Task Whatever_the_rows_are_nothing_stops_the_takeover_and_none_is_lost() => Rows.List[0, 12].SampleAsync(async rows =>
    {
        using var folder = new TempFolder();
        var texts = new List<(long Row, string Prompt, string Result)>();
        using (var original = Make(folder, "prompt TEXT, status TEXT, result TEXT, created_at TEXT, updated_at TEXT"))
        {
            foreach (var row in rows)
                original.Execute($"INSERT OR IGNORE INTO prompts VALUES {row}");
            using var command = original.Command(
                "SELECT rowid, CAST(coalesce(prompt, '') AS BLOB), CAST(coalesce(result, '') AS BLOB) FROM prompts");
            using var reader = command.ExecuteReader();
            while (reader.Read())
                texts.Add((reader.GetInt64(0), Text(reader, 1), Text(reader, 2)));
        }

        await using var store = Open(folder);

        var page = await store.ListAsync(new(1, 100), default);
        Assert.Equal(texts.Count, page.Total);
        var prompts = new List<string>();
        foreach (var (prompt, _) in page.Prompts)
        {
            prompts.Add((await store.FindContentAsync(prompt.Id, default))!.Text);
            Assert.Equal(prompt, await store.FindAsync(prompt.Id, default));
            var result = await store.WholeResultAsync(prompt.Id);
            Assert.Equal(prompt.Status.HasEnded(), result is not null);
            if (prompt.Status == PromptStatus.Failed)
                Assert.StartsWith("It had ", prompt.Error, StringComparison.Ordinal);
            if (result is not null)
                Assert.Contains(result.Text, texts.Select(text => text.Result));
        }
        Assert.Equal(texts.Select(text => text.Prompt).Order(StringComparer.Ordinal), prompts.Order(StringComparer.Ordinal));
        var queued = page.Prompts.Count(prompt => prompt.Prompt.Status == PromptStatus.Queued);
        for (var n = 0; n < queued; n++)
            Assert.NotNull(await store.ClaimAsync(new(100, TimeSpan.FromMinutes(1), 5, "here"), default));
        StorageRig.AssertSound(folder.File("queue.db"), texts.Count);
    }, iter: 60);

    public static TheoryData<string[]> SameIds => new()
    {
        new[] { Id, Id.ToUpperInvariant() },
        new[] { Id.ToUpperInvariant(), Id },
        new[] { $"{{{Id}}}", Id.ToUpperInvariant(), Id, $"{Id} " },
        new[] { Id.Replace("-", "", StringComparison.Ordinal), Id },
        new[] { "6D1C2B0A-8f0e-4a66-9d55-0f3b8a1f0001", "6d1c2b0a-8F0E-4a66-9d55-0f3b8a1f0001", Id.ToUpperInvariant() },
    };

    [Theory]
    [MemberData(nameof(SameIds))]
    public async Task Of_ids_that_differ_only_in_how_they_are_written_the_one_that_is_as_ours_are_keeps_it(string[] ids)
    {
        using var folder = new TempFolder();
        using (var original = Make(folder))
            foreach (var id in ids)
                original.Execute("INSERT INTO prompts VALUES ($id, $id, 'completed', 'Paris', '2026-02-21', '2026-02-21')", ("$id", id));

        await using var store = Open(folder);

        var page = await store.ListAsync(new(1, 100), default);
        Assert.Equal(ids.Length, page.Total);
        var kept = (await store.FindContentAsync(Guid.Parse(Id), default))!.Text;
        Assert.Equal(ids.Contains(Id) ? Id : ids[0], kept);
    }

    [Theory]
    [InlineData("'2026-02-21T12:00:00+00:00'", "2026-02-21T12:00:00Z")]
    [InlineData("'2026-02-21T12:00:00.123456+00:00'", "2026-02-21T12:00:00.123456Z")]
    [InlineData("'2026-02-21T17:30:00+05:30'", "2026-02-21T12:00:00Z")]
    [InlineData("'2026-02-21T12:00:00'", "2026-02-21T12:00:00Z")]
    [InlineData("'2026-02-21T12:00:00Z'", "2026-02-21T12:00:00Z")]
    [InlineData("'2026-02-21 12:00:00'", "2026-02-21T12:00:00Z")]
    [InlineData("'2026-02-21 12:00:00.123456+00:00'", "2026-02-21T12:00:00.123456Z")]
    [InlineData("'2026-02-21 12:00'", "2026-02-21T12:00:00Z")]
    [InlineData("'2026-02-21'", "2026-02-21T00:00:00Z")]
    [InlineData("CAST('2026-02-21T12:00:00+00:00' AS BLOB)", "2026-02-21T12:00:00Z")]
    [InlineData("1771675200", "2026-02-21T12:00:00Z")] // time.time()
    [InlineData("1771675200.25", "2026-02-21T12:00:00.25Z")]
    [InlineData("'1771675200'", "2026-02-21T12:00:00Z")]
    [InlineData("2461093.0", "2026-02-21T12:00:00Z")] // SQLite's Julian day
    [InlineData("'Sat Feb 21 12:00:00 2026'", "2026-02-21T12:00:00Z")] // time.ctime()
    [InlineData("'Sun Feb  1 12:00:00 2026'", "2026-02-01T12:00:00Z")]
    [InlineData("'Sat, 21 Feb 2026 12:00:00 GMT'", "2026-02-21T12:00:00Z")] // email.utils.format_datetime()
    [InlineData("'Sat, 21 Feb 2026 12:00:00 +0000'", "2026-02-21T12:00:00Z")]
    [InlineData("'0001-01-01T00:00:00+00:00'", "0001-01-01T00:00:00Z")]
    [InlineData("'9999-12-31T23:59:59.999999+00:00'", "9999-12-31T23:59:59.999999Z")]
    [InlineData("'yesterday'", null)]
    [InlineData("'12:30'", null)]
    [InlineData("'5'", null)]
    [InlineData("'2026-02-30'", null)]
    [InlineData("''", null)]
    [InlineData("-1e300", null)]
    public async Task Times_are_read_in_every_form_that_Python_or_SQLite_writes(string sql, string? expected)
    {
        using var folder = new TempFolder();
        using (var original = Make(folder, "prompt, status, result, created_at, updated_at"))
            original.Execute($"INSERT INTO prompts VALUES ('{Id}', 'p', 'queued', NULL, {sql}, {sql})");

        await using var store = Open(folder);

        var prompt = await store.FindAsync(Guid.Parse(Id), default);
        Assert.Equal(expected is null ? Now : DateTimeOffset.Parse(expected, CultureInfo.InvariantCulture), prompt!.CreatedAt);
        Assert.Equal(prompt.CreatedAt, prompt.UpdatedAt);
    }

    [Fact]
    public async Task Texts_come_over_as_they_are_and_what_is_no_UTF_8_in_them_is_replaced()
    {
        using var folder = new TempFolder();
        using (var original = Make(folder))
            original.Execute($"""
                INSERT INTO prompts VALUES (
                    '{Id}', 'a' || char(0) || 'b', 'completed', CAST(x'ff41' AS TEXT) || hex(zeroblob(2000000)),
                    '2026-02-21', '2026-02-21')
                """);

        await using var store = Open(folder);

        Assert.Equal("a\0b", (await store.FindContentAsync(Guid.Parse(Id), default))!.Text);
        Assert.Equal("\ufffdA" + new string('0', 4_000_000), (await store.WholeResultAsync(Guid.Parse(Id)))!.Text);
        using var connection = StorageRig.Open(folder.File("queue.db"));
        Assert.Equal(0, connection.Number("SELECT instr(CAST(result AS BLOB), x'ff') FROM prompts"));
    }

    private static Gen<string> Among(params string[] values) => Gen.Int[0, values.Length - 1].Select(index => values[index]);

    private static SqliteConnection Make(TempFolder folder,
        string columns = "prompt TEXT NOT NULL, status TEXT NOT NULL, result TEXT, created_at TEXT NOT NULL, updated_at TEXT NOT NULL")
    {
        var connection = StorageRig.Open(folder.File("queue.db"));
        connection.Execute($"CREATE TABLE prompts (id TEXT PRIMARY KEY, {columns})");
        return connection;
    }

    private static string Text(SqliteDataReader row, int column) => Encoding.UTF8.GetString(row.GetFieldValue<byte[]>(column));

    private static SqlitePromptStore Open(TempFolder folder) => SqlitePromptStore.Open(folder.File("queue.db"), "mistral",
        new FakeTimeProvider(Now));
}
