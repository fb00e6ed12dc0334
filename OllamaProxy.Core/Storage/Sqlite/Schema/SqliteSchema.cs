using Microsoft.Data.Sqlite;
using OllamaProxy.Storage.Sqlite.Engine;

namespace OllamaProxy.Storage.Sqlite.Schema;

/// <summary>The schema, and its migrations from older versions.</summary>
internal static class SqliteSchema
{
    private const string Prefix = "migrations/";

    /// <summary>
    /// The scripts of the folder Migrations, in order: script N migrates from <c>user_version</c> N to N + 1. Scripts that were released
    /// are never changed. In tables, small columns come first, since SQLite follows a row's overflow pages only to the last column that is
    /// read. Defaults let a script queue a prompt with the original's columns alone, and CHECK constraints keep out what this program could
    /// not read.
    /// </summary>
    internal static readonly string[] Migrations = [.. typeof(SqliteSchema).Assembly.GetManifestResourceNames()
        .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
        .Order(StringComparer.Ordinal)
        .Select(Read)];

    /// <summary>The schema version that this program writes.</summary>
    public static int Version => Migrations.Length;

    /// <summary>Creates the schema in a new file, imports that of the original program, or migrates that of an older version.</summary>
    /// <exception cref="StoreException">The file is of a newer version, or of another program. It was not changed.</exception>
    public static void Prepare(SqliteConnection connection, string path, LegacyImport takeover)
    {
        RefuseForeign(connection, path);
        if (connection.Number("SELECT count(*) FROM sqlite_schema") == 0)
            connection.Execute("PRAGMA auto_vacuum = INCREMENTAL"); // Has no effect once there is a table.
        connection.Execute("PRAGMA journal_mode = WAL");
        var users = new UserRemoval();
        users.AddTo(connection);
        Migrate(connection, path, takeover);

        // A file that another program created, or whose first VACUUM was interrupted, has another mode. And removed passwords are still in
        // free pages.
        if (connection.Number("PRAGMA auto_vacuum") != 2 || users.HasRemoved)
            connection.Execute("PRAGMA auto_vacuum = INCREMENTAL; VACUUM; PRAGMA wal_checkpoint(TRUNCATE)");
    }

    private static void Migrate(SqliteConnection connection, string path, LegacyImport takeover)
    {
        if (CurrentVersion(connection) == Version)
            return;

        // Check again under the lock: another process may have migrated the file meanwhile.
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

    /// <summary>Refuses a file that this program cannot work on; nothing is changed.</summary>
    /// <exception cref="StoreException">It is of a newer version, of another program, or an unfinished copy.</exception>
    public static void RefuseForeign(SqliteConnection connection, string path)
    {
        var version = CurrentVersion(connection);
        if (version == UnfinishedCopy.Version)
            throw UnfinishedCopy.Refusal(path, "OLLAMA_PROXY_DB");
        if (version > Version)
            throw new StoreException(
                $"The database {path} is of version {version}, written by a newer Ollama Proxy; this one knows versions up to {Version}. "
                + "Update the program, restore a backup from before the update, or set OLLAMA_PROXY_DB to another file.");
        if (version == 0 && connection.Number("SELECT count(*) FROM sqlite_schema") > 0 && !LegacyImport.IsOriginal(connection))
            throw new StoreException($"The database {path} belongs to another program. Set OLLAMA_PROXY_DB to another file.");
    }

    /// <summary>The version of the file's tables; 0: it has none of ours.</summary>
    public static long CurrentVersion(SqliteConnection connection) => connection.Number("PRAGMA user_version");

    private static string Read(string name)
    {
        using var reader = new StreamReader(typeof(SqliteSchema).Assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }
}
