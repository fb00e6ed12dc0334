using System.Net.Sockets;
using Npgsql;
using OllamaProxy.Configuration;

namespace OllamaProxy.Storage.Postgres.Engine;

/// <summary>The server and its database: how connections are made, and what their faults are called.</summary>
internal sealed class PostgresServer : IAsyncDisposable
{
    /// <summary>For so long a connection is waited for, unless the setting says otherwise, in seconds.</summary>
    private const int ConnectSeconds = 5;

    /// <summary>For so long a server is taken for what it was found to be, in seconds.</summary>
    private const int HostRecheckSeconds = 1;

    private readonly NpgsqlDataSource _source;

    /// <summary>How often the token of an identity is asked for. Most times that is the one that is cached.</summary>
    private static readonly TimeSpan TokenInterval = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan TokenRetryInterval = TimeSpan.FromSeconds(10);

    private const string IdleInTransactionTimeout = "25P03";

    /// <param name="connectionString">The setting's.</param>
    /// <param name="identity">The client id of the managed identity whose token is the password; null: the connection string has one.</param>
    public PostgresServer(string connectionString, string? identity = null)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString);
        // ContainsKey answers whether there is such a setting at all.
        if (!settings.ShouldSerialize("Timeout"))
            settings.Timeout = ConnectSeconds;
        settings.ApplicationName ??= "Ollama Proxy";
        // Else nobody knows which of the writes that went out together was refused.
        settings.IncludeFailedBatchedCommand = true;
        if (settings.Host?.Contains(',', StringComparison.Ordinal) == true)
            FindPrimary(settings);
        Name = PostgresSetting.NameOf(connectionString);
        var builder = new NpgsqlSlimDataSourceBuilder(settings.ToString());
        builder.EnableArrays();
        builder.EnableTransportSecurity();
        if (identity is not null)
            builder.UsePeriodicPasswordProvider((_, stop) => PostgresToken.GetAsync(identity, stop), TokenInterval, TokenRetryInterval);
        _source = builder.Build();
    }

    /// <summary>Of several servers the one that takes writes is wanted, and soon after another took over.</summary>
    private static void FindPrimary(NpgsqlConnectionStringBuilder settings)
    {
        if (!settings.ShouldSerialize("Target Session Attributes"))
            settings.TargetSessionAttributes = "primary";
        if (!settings.ShouldSerialize("Host Recheck Seconds"))
            settings.HostRecheckSeconds = HostRecheckSeconds;
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

    /// <summary>
    /// Whether the connection is of no use any more, whatever it says itself. Where the server takes no writes, another may have taken
    /// over, which a new connection leads to.
    /// </summary>
    public static bool IsLoss(Exception exception) => exception is not PostgresException postgres
        || postgres.SqlState[..2] is "08" or "57" && postgres.SqlState is not PostgresErrorCodes.QueryCanceled
            || postgres.SqlState is IdleInTransactionTimeout or PostgresErrorCodes.ReadOnlySqlTransaction;

    /// <summary>Whether the same may go well a moment later.</summary>
    public static bool MayPass(Exception exception) => exception is not PostgresException postgres || IsLoss(exception)
        || postgres.SqlState is PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected
            or PostgresErrorCodes.TooManyConnections or PostgresErrorCodes.LockNotAvailable;

    /// <summary>What to tell people about a fault.</summary>
    public StoreException Translate(Exception exception) => exception is PostgresException postgres
        ? new(Describe(postgres), exception) { IsTransient = postgres.SqlState[..2] is not ("28" or "3D" or "42") }
        : new($"The database {Name} cannot be reached: {Innermost(exception).TrimEnd('.')}.", exception);

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
        _ => $"The database {Name} answered: {exception.MessageText}.",
    };

    private static string Innermost(Exception exception)
    {
        while (exception.InnerException is { } inner)
            exception = inner;
        return exception.Message;
    }
}
