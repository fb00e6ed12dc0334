using Microsoft.Extensions.Configuration;
using OllamaProxy.Configuration;

namespace OllamaProxy.Storage.Copying;

/// <summary>Where prompts are copied from or to: a SQLite file, or a PostgreSQL database.</summary>
public sealed class CopyAddress
{
    private const string SqliteScheme = "sqlite:";
    private const string PostgresScheme = "postgres:";

    private CopyAddress(string name, string value, string? identity, bool isPostgres) =>
        (Name, Value, Identity, IsPostgres) = (name, value, identity, isPostgres);

    /// <summary>What people call it. There is no secret in it.</summary>
    public string Name { get; }

    /// <summary>The full path, or the connection string.</summary>
    internal string Value { get; }

    /// <summary>The managed identity whose token is the password; null: none.</summary>
    internal string? Identity { get; }

    internal bool IsPostgres { get; }

    /// <summary>Parses <c>sqlite:PATH</c> or <c>postgres:CONNECTION</c>; without anything behind the colon, the settings' apply.</summary>
    /// <param name="text">The address. It is not quoted in mistakes, since it may hold a password.</param>
    /// <param name="settings">The settings.</param>
    /// <exception cref="InvalidSettingException">It is none. The message is the end of a sentence.</exception>
    public static CopyAddress Parse(string text, IConfiguration settings)
    {
        var reader = new SettingReader(settings);
        if (text.StartsWith(SqliteScheme, StringComparison.OrdinalIgnoreCase))
            return OfSqlite(text[SqliteScheme.Length..], reader);
        if (text.StartsWith(PostgresScheme, StringComparison.OrdinalIgnoreCase)
            || text.StartsWith("postgresql:", StringComparison.OrdinalIgnoreCase))
            return OfPostgres(text, reader);
        throw new InvalidSettingException(["must be sqlite:PATH or postgres:CONNECTION; its value is not shown here."]);
    }

    private static CopyAddress OfSqlite(string path, SettingReader settings)
    {
        // What is typed at a prompt starts at the working directory, as with other commands.
        var full = path.Length > 0 ? Path.GetFullPath(path)
            : DatabaseFile.Resolve(settings.Text("OLLAMA_PROXY_DB", OllamaProxyOptions.DefaultDatabase));
        return new(SqliteScheme + full, full, null, isPostgres: false);
    }

    private static CopyAddress OfPostgres(string text, SettingReader settings)
    {
        var rest = text[(text.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
        // postgres://me@db/x is an address of its own.
        var connection = rest.StartsWith("//", StringComparison.Ordinal) ? text.Trim()
            : rest.Length > 0 ? rest : settings.Text("OLLAMA_PROXY_POSTGRES", "");
        if (connection.Length == 0)
            throw new InvalidSettingException(["needs a connection string behind postgres:, or in OLLAMA_PROXY_POSTGRES."]);
        if (PostgresSetting.ReadOrNull(connection) is not { } read)
            throw new InvalidSettingException(
            [
                $"must have a connection string with a host behind postgres:, such as {PostgresSetting.Example}; "
                    + "its value is not shown here.",
            ]);
        var identity = settings.Text("OLLAMA_PROXY_POSTGRES_IDENTITY", "");
        return new(PostgresScheme + PostgresSetting.NameOf(read), read, identity.Length > 0 ? identity : null, isPostgres: true);
    }
}
