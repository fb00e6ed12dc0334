using OllamaProxy.Storage.Copying;
using OllamaProxy.Storage.Sqlite.Engine;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Storage.Copying;

/// <summary>The tables of both stores: a column that a migration adds is copied, or is named here with the reason why not.</summary>
public sealed class PostgresCopiedTableTests
{
    /// <summary>
    /// What a store derives from the rest, or holds only while processes work on it; pauses and usage are copied by themselves, and
    /// what owners used in the last two minutes, and the figures of the dashboard, are forgotten.
    /// </summary>
    private static readonly string[] Derived =
        ["leases", "response_chunks", "counts", "removals", "changes", "version", "unfinished_copy", "pauses",
            "usage", "usage_changes", "used", "owner_minutes", "owner_counts", "trends"];

    private static readonly string[] NotCopied =
    [
        "texts.expires_at", // Texts that are nobody's are not copied, and those of prompts do not expire.
        "parts.id", // Nothing refers to it.
        "batches.runner", // No process works on a store that is copied.
        "batches.runner_until",
        "batch_lines.has_ended", // It is known from the prompt.
    ];

    [Fact]
    public async Task Every_column_of_a_SQLite_file_is_copied()
    {
        await using var rig = new CopyRig();
        var address = rig.Sqlite("queue.db");
        await rig.QueueManyAsync(address, 1);
        using var connection = StorageRig.Open(address.Value);
        using var command = connection.Command(
            """
            SELECT tables.name || '.' || columns.name FROM sqlite_schema AS tables, pragma_table_info(tables.name) AS columns
            WHERE tables.type = 'table' AND tables.name NOT LIKE 'sqlite_%'
            """);
        using var row = command.ExecuteReader();
        var columns = new List<string>();
        while (row.Read())
            columns.Add(row.GetString(0));
        Assert.Empty(Missing(columns));
    }

    [StoreFact]
    public async Task Every_column_of_a_PostgreSQL_database_is_copied()
    {
        await using var rig = new CopyRig();
        var (address, database) = await rig.PostgresAsync();
        await rig.QueueManyAsync(address, 1);
        Assert.Empty(Missing(await database.ListAsync(
            "SELECT table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = 'ollama_proxy'")));
    }

    private static IEnumerable<string> Missing(List<string> columns)
    {
        Assert.NotEmpty(columns);
        var copied = CopiedSet.AllTables.SelectMany(table => table.Columns.Select(column => $"{table.Name}.{column.Name}")).ToHashSet();
        // PostgreSQL has the row of a prompt in three tables.
        return columns.Where(column => !Derived.Contains(column.Split('.')[0]) && !NotCopied.Contains(column)
            && !copied.Contains(column.Replace("payloads.", "prompts.", StringComparison.Ordinal)
                .Replace("results.", "prompts.", StringComparison.Ordinal)));
    }
}
