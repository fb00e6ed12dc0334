using Npgsql;
using OllamaProxy.Configuration;
using OllamaProxy.Storage.Postgres.Engine;
using OllamaProxy.Storage.Postgres.Schema;
using static OllamaProxy.Storage.Postgres.Engine.PostgresStatements;

namespace OllamaProxy.Storage.Inspection;

/// <summary>Inspects a PostgreSQL database. Servers may work on it meanwhile.</summary>
internal static class PostgresInspection
{
    /// <summary>Whether writes are accepted, and what the user may do: in a database without our tables, and in one with them.</summary>
    private const string Rights =
        $"""
        SELECT current_setting('transaction_read_only') = 'off',
            has_database_privilege(current_database(), 'CREATE'),
            coalesce(has_table_privilege(to_regclass('{ProxySchema}.prompts'), 'INSERT'), false),
            coalesce((SELECT pg_has_role(nspowner, 'USAGE') FROM pg_namespace WHERE nspname = '{ProxySchema}'), false)
        """;

    /// <inheritdoc cref="StoreInspection.RunAsync"/>
    public static async Task<string> RunAsync(OllamaProxyOptions options, CancellationToken cancellationToken)
    {
        var state = await StateOfAsync(options, cancellationToken);
        if (options.PostgresListen is { } listen && listen != options.Postgres)
        {
            await using var listening = new PostgresServer(listen, options.PostgresIdentity);
            await using var connection = await listening.OpenAsync(cancellationToken);
        }
        return state;
    }

    private static async Task<string> StateOfAsync(OllamaProxyOptions options, CancellationToken cancellationToken)
    {
        await using var server = new PostgresServer(options.Postgres!, options.PostgresIdentity);
        await using var connection = await server.OpenAsync(cancellationToken);
        try
        {
            await PostgresSchema.RefuseUnfitAsync(server, connection);
            var version = await PostgresSchema.CurrentVersionAsync(connection);
            PostgresSchema.RefuseNewer(server, version);
            await RefuseUnwritableAsync(server, connection, version, cancellationToken);
            var state = version == 0 ? "has no tables yet; the first start makes them"
                : StoreInspection.FateOf(version, PostgresSchema.Version);
            return $"The database {server.Name} (PostgreSQL {connection.PostgreSqlVersion}) {state}.";
        }
        catch (Exception exception) when (PostgresServer.IsFault(exception))
        {
            throw server.Translate(exception);
        }
    }

    private static async Task RefuseUnwritableAsync(
        PostgresServer server, NpgsqlConnection connection, int version, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Rights, connection);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        var (isWritable, mayCreate, mayInsert, owns) = (row.GetBoolean(0), row.GetBoolean(1), row.GetBoolean(2), row.GetBoolean(3));
        var fault = !isWritable ? "is read-only: it is a standby, or set to be. Name the server that takes writes"
            : version == 0 && !mayCreate ? "has no tables yet, and the user may not make them. Run GRANT CREATE ON DATABASE as its owner"
            : version > 0 && version < PostgresSchema.Version && !owns
                ? $"is of an older version, which only the owner of the schema {ProxySchema} can migrate. Log in as the owner"
            : version > 0 && !mayInsert ? $"has the schema {ProxySchema}, where the user may not write. Log in as its owner"
            : null;
        if (fault is not null)
            throw new StoreException($"The database {server.Name} {fault}, or correct OLLAMA_PROXY_POSTGRES.");
    }
}
