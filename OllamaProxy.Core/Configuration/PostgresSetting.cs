using System.Diagnostics.CodeAnalysis;
using Npgsql;

namespace OllamaProxy.Configuration;

/// <summary>Where the prompts are kept.</summary>
public enum StoreKind
{
    /// <summary>In a SQLite file: see <see cref="OllamaProxyOptions.DatabasePath"/>.</summary>
    Sqlite,

    /// <summary>
    /// In a PostgreSQL database, which instances on many machines can share: see <see cref="OllamaProxyOptions.Postgres"/>.
    /// </summary>
    Postgres,
}

/// <summary>The settings of a PostgreSQL database. There may be a password in them, so that no message quotes them.</summary>
internal static class PostgresSetting
{
    /// <summary>What a connection string looks like.</summary>
    public const string Example = "Host=db;Database=ollama_proxy;Username=me;Password=secret or postgres://me:secret@db/ollama_proxy";

    /// <summary>The value of <c>OLLAMA_PROXY_POSTGRES_LISTEN</c> by which nobody listens.</summary>
    private const string Off = "off";

    public const string ExpectedStore = "sqlite or postgres";

    public static bool TryParseStore(string text, out StoreKind kind)
    {
        kind = text.ToUpperInvariant() is "POSTGRES" or "POSTGRESQL" ? StoreKind.Postgres : StoreKind.Sqlite;
        return kind == StoreKind.Postgres || text.Equals("sqlite", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>The connection string of the database, and that of the connection that listens; null: there is none.</summary>
    public static (string? Connection, string? Listen) Read(SettingReader settings, StoreKind kind)
    {
        var (main, listen) = (settings.Text("OLLAMA_PROXY_POSTGRES", ""), settings.Text("OLLAMA_PROXY_POSTGRES_LISTEN", ""));
        if (kind == StoreKind.Postgres && main.Length == 0)
            settings.Refuse(
                $"The setting OLLAMA_PROXY_STORE is postgres, so OLLAMA_PROXY_POSTGRES must be a connection string, such as {Example}.");
        var connection = Parse(settings, "OLLAMA_PROXY_POSTGRES", main);
        return (connection, listen.Length == 0 ? connection
            : listen.Equals(Off, StringComparison.OrdinalIgnoreCase) ? null : Parse(settings, "OLLAMA_PROXY_POSTGRES_LISTEN", listen));
    }

    /// <summary>What people call the database. There is no secret in it.</summary>
    public static string NameOf(string connection)
    {
        var settings = new NpgsqlConnectionStringBuilder(connection);
        return $"{settings.Database ?? settings.Username} at {settings.Host}:{settings.Port}";
    }

    /// <summary>A connection string as Npgsql takes it; null: the text is none, or has no host.</summary>
    public static string? ReadOrNull(string text)
    {
        try
        {
            return TryReadUri(text, out var read) ? read
                : new NpgsqlConnectionStringBuilder(text) is { Host: not null } builder ? builder.ToString() : null;
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException)
        {
            // Its message may quote a part of a password.
            return null;
        }
    }

    private static string? Parse(SettingReader settings, string name, string text)
    {
        if (text.Length == 0)
            return null;
        if (ReadOrNull(text) is { } read)
            return read;
        settings.Refuse($"The setting {name} must be a connection string with a host, such as {Example}; its value is not shown here.");
        return null;
    }

    /// <summary>
    /// Reads an address as other programs of PostgreSQL take it; what is behind the question mark goes by Npgsql's names.
    /// </summary>
    private static bool TryReadUri(string text, [NotNullWhen(true)] out string? connection)
    {
        connection = null;
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Scheme is not ("postgres" or "postgresql"))
            return false;
        var builder = new NpgsqlConnectionStringBuilder { Host = uri.Host };
        if (uri.Port > 0)
            builder.Port = uri.Port;
        if (uri.AbsolutePath.Length > 1)
            builder.Database = Uri.UnescapeDataString(uri.AbsolutePath[1..]);
        var user = uri.UserInfo.Split(':', 2);
        if (user[0].Length > 0)
            builder.Username = Uri.UnescapeDataString(user[0]);
        if (user.Length > 1)
            builder.Password = Uri.UnescapeDataString(user[1]);
        foreach (var option in uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var (name, value) = option.Split('=', 2) is [var left, var right] ? (left, Uri.UnescapeDataString(right)) : (option, "");
            builder[name == "sslmode" ? "SSL Mode" : name] = name == "sslmode" ? value.Replace("-", "", StringComparison.Ordinal) : value;
        }
        connection = builder.ToString();
        return true;
    }
}
