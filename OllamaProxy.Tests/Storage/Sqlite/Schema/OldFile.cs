using OllamaProxy.Storage.Sqlite.Engine;
using OllamaProxy.Storage.Sqlite.Schema;

namespace OllamaProxy.Tests.Storage.Sqlite.Schema;

/// <summary>Files as older versions of this program left them.</summary>
internal static class OldFile
{
    /// <summary>Makes one by the steps that led to a version, and runs statements in it.</summary>
    public static void Make(string path, int version, string sql)
    {
        using var connection = StorageRig.Open(path);
        connection.Execute("PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL");
        foreach (var step in SqliteSchema.Migrations.Take(version))
            connection.Execute(step);
        connection.Execute($"PRAGMA user_version = {version}; {sql}");
    }
}
