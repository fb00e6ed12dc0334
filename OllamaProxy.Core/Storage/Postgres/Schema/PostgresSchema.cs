using Npgsql;
using OllamaProxy.Storage.Postgres.Engine;
using static OllamaProxy.Storage.Postgres.Engine.PostgresStatements;

namespace OllamaProxy.Storage.Postgres.Schema;

/// <summary>Creates the tables and functions, and migrates a database of an older version.</summary>
internal static class PostgresSchema
{
    private const string Prefix = "migrations-postgres/";

    /// <summary>The oldest supported version of PostgreSQL.</summary>
    private const int OldestServer = 15;

    /// <summary>
    /// The files of the folder Migrations. Step N leads from version N to N + 1. Statements of released steps are never edited. A function
    /// that instances of an older version call keeps its parameters and its result, so that they can run beside newer ones.
    /// </summary>
    private static readonly string[] Migrations = [.. typeof(PostgresSchema).Assembly.GetManifestResourceNames()
        .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
        .Order(StringComparer.Ordinal)
        .Select(Read)];

    /// <summary>The version that this program writes and reads.</summary>
    public static int Version => Migrations.Length;

    /// <summary>Creates the schema, or migrates an older one. One instance does so while the others wait.</summary>
    /// <exception cref="StoreException">The schema is of a newer version, or the server is unsuitable. Nothing was changed.</exception>
    public static async Task PrepareAsync(PostgresServer server, NpgsqlConnection connection)
    {
        await RefuseUnfitAsync(server, connection);
        if (await CurrentVersionAsync(connection) != Version)
            await MigrateAsync(server, connection);
        await RestoredDump.AdoptAsync(connection);
    }

    private static async Task MigrateAsync(PostgresServer server, NpgsqlConnection connection)
    {
        await using var transaction = await connection.BeginTransactionAsync();
        await ExecuteAsync(connection, $"SELECT pg_advisory_xact_lock({AdvisoryLock.Migration})");
        var version = await CurrentVersionAsync(connection);
        RefuseNewer(server, version);
        if (version == 0)
            await ExecuteAsync(connection,
                $"CREATE SCHEMA IF NOT EXISTS {ProxySchema}; CREATE TABLE {ProxySchema}.version (version integer NOT NULL); "
                + $"INSERT INTO {ProxySchema}.version VALUES (0)");
        await ExecuteAsync(connection, $"SET LOCAL search_path = {ProxySchema}");
        foreach (var migration in Migrations.Skip(version))
            await ExecuteAsync(connection, migration);
        await ExecuteAsync(connection, $"UPDATE {ProxySchema}.version SET version = {Version}");
        await transaction.CommitAsync();
    }

    /// <summary>Refuses a server of an older version, and a database with another encoding than UTF-8.</summary>
    /// <exception cref="StoreException">It is one.</exception>
    public static async Task RefuseUnfitAsync(PostgresServer server, NpgsqlConnection connection)
    {
        if (connection.PostgreSqlVersion.Major < OldestServer)
            throw new StoreException(
                $"The server of the database {server.Name} is PostgreSQL {connection.PostgreSqlVersion}; "
                + $"{OldestServer} or newer is needed.")
            {
                IsTransient = false,
            };
        await using var command = new NpgsqlCommand("SHOW server_encoding", connection);
        if (await command.ExecuteScalarAsync() is string encoding && encoding != "UTF8")
            throw new StoreException(
                $"The database {server.Name} has the encoding {encoding}. "
                + "Create one with CREATE DATABASE ... ENCODING 'UTF8' TEMPLATE template0, "
                + "and set OLLAMA_PROXY_POSTGRES to it.")
            {
                IsTransient = false,
            };
    }

    /// <summary>Refuses tables of a newer version, and an unfinished copy.</summary>
    /// <exception cref="StoreException">They are.</exception>
    public static void RefuseNewer(PostgresServer server, int version)
    {
        if (version == UnfinishedCopy.Version)
            throw UnfinishedCopy.Refusal(server.Name, "OLLAMA_PROXY_POSTGRES");
        if (version > Version)
            throw new StoreException(
                $"The database {server.Name} is of version {version}, written by a newer Ollama Proxy; "
                + $"this one knows versions up to {Version}. "
                + "Update the program, restore a backup from before the update, or set OLLAMA_PROXY_POSTGRES to another database.")
            {
                IsTransient = false,
            };
    }

    /// <summary>Reads the version of the schema; 0: there is none.</summary>
    public static async Task<int> CurrentVersionAsync(NpgsqlConnection connection)
    {
        await using var look = new NpgsqlCommand(
            $"SELECT EXISTS (SELECT 1 FROM pg_tables WHERE schemaname = '{ProxySchema}' AND tablename = 'version')", connection);
        if (await look.ExecuteScalarAsync() is not true)
            return 0;
        await using var read = new NpgsqlCommand($"SELECT version FROM {ProxySchema}.version", connection);
        return await read.ExecuteScalarAsync() is int version ? version : 0;
    }

    /// <summary>Runs SQL, however long it takes: an index of a large table, or another instance's migration, is waited for.</summary>
    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync();
    }

    private static string Read(string name)
    {
        using var reader = new StreamReader(typeof(PostgresSchema).Assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }
}
