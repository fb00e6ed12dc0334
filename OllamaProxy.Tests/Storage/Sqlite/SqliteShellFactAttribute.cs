namespace OllamaProxy.Tests.Storage.Sqlite;

/// <summary>A test that needs <see cref="SqliteShell"/>.</summary>
internal sealed class SqliteShellFactAttribute : FactAttribute
{
    public SqliteShellFactAttribute()
    {
        if (!SqliteShell.IsThere)
            Skip = "Needs the command sqlite3 (Debian: apt-get install sqlite3).";
    }
}
