using Microsoft.Data.Sqlite;
using OllamaProxy.Storage.Sqlite.Engine;

namespace OllamaProxy.Storage.Sqlite.Schema;

/// <summary>The tables, and the steps that bring a file of an older version up to them.</summary>
internal static class SqliteSchema
{
    private const string Prefix = "migrations/";

    /// <summary>
    /// The files of the folder Migrations. Step N leads from <c>user_version</c> N to N + 1. Steps that were released are never edited. Small
    /// columns come first: SQLite walks a row's overflow pages only as far as the last column that is asked for. The defaults let a script
    /// queue a prompt by the original's columns alone, and the checks keep out what could not be read.
    /// </summary>
    internal static readonly string[] Migrations = [.. typeof(SqliteSchema).Assembly.GetManifestResourceNames()
        .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
        .Order(StringComparer.Ordinal)
        .Select(Read)];

    /// <summary>The version that this program writes.</summary>
    public static int Version => Migrations.Length;

    /// <summary>Makes the tables of a new file, takes over that of the original program, or migrates an older one.</summary>
    /// <exception cref="StoreException">The file is of a newer version, or not ours. Nothing was changed.</exception>
    public static void Prepare(SqliteConnection connection, string path, LegacyImport takeover)
    {
        RefuseForeign(connection, path);
        if (connection.Number("SELECT count(*) FROM sqlite_schema") == 0)
            connection.Execute("PRAGMA auto_vacuum = INCREMENTAL"); // Has no effect once there is a table.
        connection.Execute("PRAGMA journal_mode = WAL");
        var users = new UserRemoval();
        users.AddTo(connection);
        Migrate(connection, path, takeover);

        // Of a file that was not ours from the start, or whose first vacuum was cut short; and what was removed is still in the file.
        if (connection.Number("PRAGMA auto_vacuum") != 2 || users.HasRemoved)
            connection.Execute("PRAGMA auto_vacuum = INCREMENTAL; VACUUM; PRAGMA wal_checkpoint(TRUNCATE)");
    }

    private static void Migrate(SqliteConnection connection, string path, LegacyImport takeover)
    {
        if (CurrentVersion(connection) == Version)
            return;

        // Looked at again under the lock: another process may have been quicker.
        using var transaction = connection.BeginTransaction(deferred: false);
        RefuseForeign(connection, path);
        for (var version = CurrentVersion(connection); version < Version; version++)
        {
            var original = version == 0 && LegacyImport.IsOriginal(connection);
            if (original)
                LegacyImport.SetAside(connection);
            connection.Execute(Migrations[version]);
            if (original)
                takeover.Copy(connection);
            connection.Execute($"PRAGMA user_version = {version + 1}");
        }
        transaction.Commit();
    }

    private static void RefuseForeign(SqliteConnection connection, string path)
    {
        var version = CurrentVersion(connection);
        if (version > Version)
            throw new StoreException(
                $"The database {path} is of version {version}, written by a newer Ollama Proxy; this one knows versions up to {Version}. "
                + "Update the program, or set OLLAMA_PROXY_DB to another file.");
        if (version == 0 && connection.Number("SELECT count(*) FROM sqlite_schema") > 0 && !LegacyImport.IsOriginal(connection))
            throw new StoreException($"The database {path} belongs to another program. Set OLLAMA_PROXY_DB to another file.");
    }

    private static long CurrentVersion(SqliteConnection connection) => connection.Number("PRAGMA user_version");

    private static string Read(string name)
    {
        using var reader = new StreamReader(typeof(SqliteSchema).Assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }
}
