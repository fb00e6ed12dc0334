using System.Net.Sockets;
using Npgsql;
using OllamaProxy.Configuration;

namespace OllamaProxy.Storage.Postgres.Engine;

/// <summary>The server and its database: how connections are made, and what their faults are called.</summary>
internal sealed class PostgresServer : IAsyncDisposable
{
    /// <summary>What the server knows connections by, unless the setting says otherwise.</summary>
    public const string ProgramName = "Ollama Proxy";

    /// <summary>For so long a connection is waited for, unless the setting says otherwise, in seconds.</summary>
    private const int ConnectSeconds = 5;

    private readonly NpgsqlDataSource _source;

    /// <summary>How often the token of an identity is asked for. Most times that is the one that is cached.</summary>
    private static readonly TimeSpan TokenInterval = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan TokenRetryInterval = TimeSpan.FromSeconds(10);

    /// <param name="connectionString">The setting's.</param>
    /// <param name="identity">The client id of the managed identity whose token is the password; null: the connection string has one.</param>
    public PostgresServer(string connectionString, string? identity = null)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString);
        if (!settings.ContainsKey("Timeout"))
            settings.Timeout = ConnectSeconds;
        settings.ApplicationName ??= ProgramName;
        Name = PostgresSetting.NameOf(connectionString);
        var builder = new NpgsqlSlimDataSourceBuilder(settings.ToString());
        builder.EnableArrays();
        builder.EnableTransportSecurity();
        if (identity is not null)
            builder.UsePeriodicPasswordProvider((_, stop) => PostgresToken.GetAsync(identity, stop), TokenInterval, TokenRetryInterval);
        _source = builder.Build();
    }

    /// <summary>What people call the database. There is no secret in it.</summary>
    public string Name { get; }

    /// <summary>Opens a connection, or takes one that is idle.</summary>
    /// <exception cref="StoreException">There is none to be had.</exception>
    public async Task<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _source.OpenConnectionAsync(cancellationToken);
        }
        catch (Exception exception) when (IsFault(exception))
        {
            throw Translate(exception);
        }
    }

    /// <summary>Lets go of all connections that are idle: the server may have been restarted since.</summary>
    public void Clear() => _source.Clear();

    /// <summary>Whether this is a fault of the server's or of the way there, and no mistake of ours.</summary>
    public static bool IsFault(Exception exception) => exception is NpgsqlException or SocketException or IOException or TimeoutException;

    /// <summary>Whether the connection is of no use any more, whatever it says itself.</summary>
    public static bool IsLoss(Exception exception) => exception is not PostgresException postgres
        || postgres.SqlState[..2] is "08" or "57" && postgres.SqlState is not PostgresErrorCodes.QueryCanceled
            || postgres.SqlState is "25P03";

    /// <summary>Whether the same may go well a moment later.</summary>
    public static bool MayPass(Exception exception) => exception is not PostgresException postgres || IsLoss(exception)
        || postgres.SqlState is PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected
            or PostgresErrorCodes.TooManyConnections or PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.ReadOnlySqlTransaction;

    /// <summary>What to tell people about a fault.</summary>
    public StoreException Translate(Exception exception) => exception is PostgresException postgres
        ? new(Describe(postgres), exception) { IsTransient = postgres.SqlState[..2] is not ("28" or "3D" or "42") }
        : new($"The database {Name} cannot be reached: {Innermost(exception)}", exception);

    public ValueTask DisposeAsync() => _source.DisposeAsync();

    /// <summary>By the codes of PostgreSQL (https://www.postgresql.org/docs/current/errcodes-appendix.html).</summary>
    private string Describe(PostgresException exception) => exception.SqlState switch
    {
        PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification =>
            $"The server of the database {Name} does not let the user in: {exception.MessageText}. Set OLLAMA_PROXY_POSTGRES right.",
        PostgresErrorCodes.InvalidCatalogName =>
            $"The database {Name} is not there. Make it with CREATE DATABASE, or set OLLAMA_PROXY_POSTGRES right.",
        PostgresErrorCodes.InsufficientPrivilege =>
            $"The user of OLLAMA_PROXY_POSTGRES may not do all that is needed in the database {Name}: "
            + $"{exception.MessageText}.",
        PostgresErrorCodes.TooManyConnections => $"The server of the database {Name} has no connection to spare: {exception.MessageText}.",
        PostgresErrorCodes.DiskFull => $"The disk of the database {Name} is full.",
        PostgresErrorCodes.ReadOnlySqlTransaction => $"The database {Name} is read-only.",
        PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or PostgresErrorCodes.CannotConnectNow =>
            $"The server of the database {Name} is shutting down or starting.",
        PostgresErrorCodes.QueryCanceled => $"The database {Name} did not answer in time.",
        _ => $"The database {Name} answered: {exception.MessageText}",
    };

    private static string Innermost(Exception exception)
    {
        while (exception.InnerException is { } inner)
            exception = inner;
        return exception.Message;
    }
}
