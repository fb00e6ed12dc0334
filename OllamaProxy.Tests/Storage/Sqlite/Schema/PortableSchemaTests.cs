using System.Text.RegularExpressions;
using Microsoft.Data.Sqlite;
using OllamaProxy.Storage.Sqlite;
using OllamaProxy.Storage.Sqlite.Engine;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Storage.Sqlite.Schema;

/// <summary>The file can be read, written and checked by the SQLite of Debian 12, which is 3.40: nothing in the schema is newer.</summary>
public sealed partial class PortableSchemaTests : IDisposable
{
    /// <summary>
    /// The scalar functions of SQLite 3.40 (https://sqlite.org/lang_corefunc.html and lang_datefunc.html), of those that a schema may
    /// use.
    /// </summary>
    private static readonly HashSet<string> Known =
    [
        "abs", "char", "coalesce", "date", "datetime", "format", "glob", "hex", "ifnull", "iif", "instr", "julianday", "length", "like",
        "lower", "ltrim",
        "max", "min", "nullif", "printf", "quote", "randomblob", "replace",
        "round", "rtrim", "sign", "strftime", "substr", "substring", "time", "trim",
        "typeof", "unicode",
        "unixepoch", "upper", "zeroblob", "count", "sum", "total", "avg",
    ];

    private readonly TempFolder _folder = new();

    private string File => _folder.File("queue.db");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_schema_uses_no_function_that_SQLite_3_40_lacks(bool isMigrated)
    {
        await MakeAsync(isMigrated);

        using var connection = StorageRig.Open(File);
        var functions = Texts(connection, "SELECT DISTINCT name FROM pragma_function_list").ToHashSet();
        var schema = string.Join('\n', Texts(connection, "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL"));
        var used = Call().Matches(Comment().Replace(schema, "")).Select(call => call.Groups[1].Value.ToLowerInvariant())
            .Where(functions.Contains).ToHashSet();

        Assert.Contains("julianday", used);
        Assert.Empty(used.Except(Known));
        Assert.DoesNotContain("subsec", schema, StringComparison.OrdinalIgnoreCase);
    }

    [SqliteShellFact]
    public Task The_command_sqlite3_of_the_system_can_use_a_new_file() => AssertUsableAsync(isMigrated: false);

    [SqliteShellFact]
    public Task The_command_sqlite3_of_the_system_can_use_a_file_that_an_older_version_made() => AssertUsableAsync(isMigrated: true);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_could_not_be_read_is_kept_out_and_what_can_is_let_in(bool isMigrated)
    {
        await MakeAsync(isMigrated);
        using var connection = StorageRig.Open(File);
        foreach (var column in new[] { "id", "batch" })
        {
            foreach (var good in new[] { "'0d9af21d-6d7f-4d64-8b34-8b0c7e1d2f3a'", $"'{Guid.Empty}'", $"'{Guid.AllBitsSet}'" })
                connection.Execute($"""
                    INSERT INTO prompts (id, prompt) VALUES ('{Guid.NewGuid()}', '');
                    UPDATE prompts SET {column} = {good} WHERE seq = last_insert_rowid();
                    DELETE FROM prompts WHERE seq = last_insert_rowid()
                    """);
            foreach (var bad in new[]
            {
                "'0D9AF21D-6d7f-4d64-8b34-8b0c7e1d2f3a'", "'0d9af21d6d7f4d648b348b0c7e1d2f3a'",
                "'{0d9af21d-6d7f-4d64-8b34-8b0c7e1d2f3a}'", "'0d9af21d-6d7f-4d64-8b34-8b0c7e1d2f3g'",
                "'0d9af21d-6d7f-4d64-8b34-8b0c7e1d2f3a '", "'0d9af21d-6d7f-4d64-8b34-8b0c7e1d2f3a' || char(0)",
                "'--------6-d7f--4d64-8b34-8b0c7e1d2f3'", "''", "'nightly'", "17",
                "'0d9af21d-6d7f-4d64-8b34-8b0c7e1d2f3' || char(233)", "CAST('0d9af21d-6d7f-4d64-8b34-8b0c7e1d2f3a' AS BLOB)",
                "'0d9af21d-6d7f-4d64-8b34--b0c7e1d2f3a'",
            })
            {
                var (id, batch) = column == "id" ? (bad, "NULL") : ($"'{Guid.NewGuid()}'", bad);
                Assert.Throws<SqliteException>(() =>
                    connection.Execute($"INSERT INTO prompts (id, prompt, batch) VALUES ({id}, '', {batch})"));
            }
        }
        Assert.Equal(isMigrated ? 1 : 0, connection.Number("SELECT count(*) FROM prompts"));
    }

    [Fact]
    public async Task A_script_of_an_older_SQLite_that_gives_no_rank_queues_behind_what_is_there()
    {
        await MakeAsync(isMigrated: false);
        var before = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        using var connection = StorageRig.Open(File);

        connection.Execute("INSERT INTO prompts (id, prompt) VALUES ('0d9af21d-6d7f-4d64-8b34-8b0c7e1d2f3a', 'from a script')");

        Assert.InRange(connection.Number("SELECT rank FROM prompts"), before - 2, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() + 2);
        Assert.Equal(1, connection.Number("SELECT typeof(rank) = 'integer' FROM prompts"));
    }

    private async Task AssertUsableAsync(bool isMigrated)
    {
        await MakeAsync(isMigrated);

        await SqliteShell.RunAsync(File, "VACUUM");
        await SqliteShell.RunAsync(File,
            "INSERT INTO prompts (id, prompt) VALUES ('0d9af21d-6d7f-4d64-8b34-8b0c7e1d2f3a', 'from a script')");
        await SqliteShell.RunAsync(File, "UPDATE prompts SET priority = 1, model = 'mistral'");
        Assert.Equal("ok", await SqliteShell.RunAsync(File, "PRAGMA integrity_check"));
        Assert.Equal("ok", await SqliteShell.RunAsync(File, "PRAGMA quick_check"));
        Assert.Equal(isMigrated ? "2" : "1", await SqliteShell.RunAsync(File, "SELECT prompts FROM counts WHERE status = 'queued'"));

        await using var store = Open();
        var claimed = new List<string>();
        while (await store.ClaimAsync(new(10, TimeSpan.FromMinutes(1), 5, "here"), default) is { } prompt)
            claimed.Add(prompt.Text);
        Assert.Equal(isMigrated ? ["from before", "from a script"] : ["from a script"], claimed);
    }

    /// <summary>Makes a file of this version, whether new or of what an older version made, with a prompt in it.</summary>
    private async Task MakeAsync(bool isMigrated)
    {
        if (isMigrated)
            OldFile.Make(File, version: 5,
                "INSERT INTO prompts (id, prompt) VALUES ('0d9af21d-6d7f-4d64-8b34-8b0c7e1d2f3b', 'from before')");
        await Open().DisposeAsync();
    }

    private SqlitePromptStore Open() => SqlitePromptStore.Open(File, "llama3.2", TimeProvider.System);

    private static List<string> Texts(SqliteConnection connection, string sql)
    {
        using var command = connection.Command(sql);
        using var row = command.ExecuteReader();
        var texts = new List<string>();
        while (row.Read())
            texts.Add(row.GetString(0));
        return texts;
    }

    [GeneratedRegex(@"\b([a-z_0-9]+)\s*\(", RegexOptions.IgnoreCase)]
    private static partial Regex Call();

    [GeneratedRegex("--[^\n]*")]
    private static partial Regex Comment();
}
