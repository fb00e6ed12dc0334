using System.Net.Sockets;
using Npgsql;
using OllamaProxy.Configuration;

namespace OllamaProxy.Storage.Postgres.Engine;

/// <summary>The server and its database: opens connections, and translates their faults.</summary>
internal sealed class PostgresServer : IAsyncDisposable
{
    /// <summary>The name by which the server knows the connections, unless the connection string sets <c>Application Name</c>.</summary>
    public const string ProgramName = "Ollama Proxy";

    /// <summary>The time limit for opening a connection, in seconds, unless the connection string sets <c>Timeout</c>.</summary>
    private const int ConnectSeconds = 5;

    /// <summary>
    /// The most connections of the pool, unless the connection string sets <c>Maximum Pool Size</c>: more of them only wait for the
    /// server's cores, and a server takes 100 of all its clients together unless it was told otherwise.
    /// </summary>
    private const int PoolSize = 20;

    /// <summary>For so long a server is taken for what it was found to be, in seconds.</summary>
    private const int HostRecheckSeconds = 1;

    private readonly NpgsqlDataSource _source;

    /// <summary>How often the token of an identity is requested. Azure's endpoint mostly returns the one that it has cached.</summary>
    private static readonly TimeSpan TokenInterval = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan TokenRetryInterval = TimeSpan.FromSeconds(10);

    private const string IdleInTransactionTimeout = "25P03";

    /// <param name="connectionString">The connection string of the settings.</param>
    /// <param name="identity">The client id of the managed identity whose token is the password; null: the password is in the connection
    /// string.</param>
    public PostgresServer(string connectionString, string? identity = null)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString);
        // ContainsKey answers whether there is such a setting at all.
        if (!settings.ShouldSerialize("Timeout"))
            settings.Timeout = ConnectSeconds;
        if (!settings.ShouldSerialize("Maximum Pool Size"))
            settings.MaxPoolSize = PoolSize;
        settings.ApplicationName ??= ProgramName;
        // Else nobody knows which of the writes that were sent together was refused.
        settings.IncludeFailedBatchedCommand = true;
        if (settings.Host?.Contains(',', StringComparison.Ordinal) == true)
            FindPrimary(settings);
        Name = PostgresSetting.NameOf(connectionString);
        MaxConnections = settings.MaxPoolSize;
        var builder = new NpgsqlSlimDataSourceBuilder(settings.ToString());
        builder.EnableArrays();
        builder.EnableTransportSecurity();
        if (identity is not null)
            builder.UsePeriodicPasswordProvider((_, stop) => PostgresToken.GetAsync(identity, stop), TokenInterval, TokenRetryInterval);
        _source = builder.Build();
    }

    /// <summary>Of several servers, has the one found that accepts writes, soon after another has taken over.</summary>
    private static void FindPrimary(NpgsqlConnectionStringBuilder settings)
    {
        if (!settings.ShouldSerialize("Target Session Attributes"))
            settings.TargetSessionAttributes = "primary";
        if (!settings.ShouldSerialize("Host Recheck Seconds"))
            settings.HostRecheckSeconds = HostRecheckSeconds;
    }

    /// <summary>The name of the database for messages, without secrets.</summary>
    public string Name { get; }

    /// <summary>The most connections at once.</summary>
    public int MaxConnections { get; }

    /// <summary>Takes a connection from the pool, or opens one.</summary>
    /// <exception cref="StoreException">The server cannot be reached, or refuses.</exception>
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

    /// <summary>Closes all idle connections: after a restart of the server they are broken.</summary>
    public void Clear() => _source.Clear();

    /// <summary>Whether the server or the network failed, in contrast to a defect of this program.</summary>
    public static bool IsFault(Exception exception) => exception is NpgsqlException or SocketException or IOException or TimeoutException;

    /// <summary>
    /// Whether the connection is of no use any more, whatever state Npgsql reports for it. If the server accepts no writes, another one may
    /// have taken over, which a new connection finds.
    /// </summary>
    public static bool IsLoss(Exception exception) => exception is not PostgresException postgres
        || postgres.SqlState[..2] is "08" or "57" && postgres.SqlState is not PostgresErrorCodes.QueryCanceled
            || postgres.SqlState is IdleInTransactionTimeout or PostgresErrorCodes.ReadOnlySqlTransaction;

    /// <summary>Whether another attempt may succeed.</summary>
    public static bool IsTransient(Exception exception) => exception is not PostgresException postgres || IsLoss(exception)
        || postgres.SqlState is PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected
            or PostgresErrorCodes.TooManyConnections or PostgresErrorCodes.LockNotAvailable;

    /// <summary>The exception that describes a fault to callers.</summary>
    public StoreException Translate(Exception exception) => exception is PostgresException postgres
        ? new(Describe(postgres), exception) { IsTransient = postgres.SqlState[..2] is not ("28" or "3D" or "42") }
        : new($"The database {Name} cannot be reached: {Innermost(exception).TrimEnd('.')}.", exception);

    public ValueTask DisposeAsync() => _source.DisposeAsync();

    /// <summary>The message for an error code (https://www.postgresql.org/docs/current/errcodes-appendix.html).</summary>
    private string Describe(PostgresException exception) => exception.SqlState switch
    {
        PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification =>
            $"The server of the database {Name} refuses the login: {exception.MessageText}. Correct OLLAMA_PROXY_POSTGRES.",
        PostgresErrorCodes.InvalidCatalogName =>
            $"The database {Name} does not exist. Create it with CREATE DATABASE, or correct OLLAMA_PROXY_POSTGRES.",
        PostgresErrorCodes.InsufficientPrivilege =>
            $"The user of OLLAMA_PROXY_POSTGRES lacks a privilege in the database {Name}: {exception.MessageText}.",
        PostgresErrorCodes.TooManyConnections => $"The server of the database {Name} has no free connection: {exception.MessageText}.",
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
