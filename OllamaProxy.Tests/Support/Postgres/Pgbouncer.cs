using Npgsql;
using OllamaProxy.Benchmarks.Processes;

namespace OllamaProxy.Tests.Support.Postgres;

/// <summary>
/// pgbouncer in transaction mode (Debian: apt-get install pgbouncer), with fewer connections to the server than its clients have to it.
/// It ends with the process that started it.
/// </summary>
public sealed class Pgbouncer : IAsyncDisposable
{
    /// <summary>For each database; so few that clients come by another's connection all the time.</summary>
    private const int PoolSize = 3;

    private static readonly Lazy<string?> Binary =
        new(() => new[] { "/usr/sbin/pgbouncer", "/usr/bin/pgbouncer", "/usr/local/bin/pgbouncer" }.FirstOrDefault(File.Exists));

    private static readonly Lazy<Task<Pgbouncer>> Started =
        new(async () => await StartAsync((await Clusters.SharedAsync()).Port));

    private readonly TempFolder _folder;
    private readonly GuardedProcess _process;

    private Pgbouncer(TempFolder folder, int port, GuardedProcess process) => (_folder, Port, _process) = (folder, port, process);

    /// <summary>Why tests that need it are skipped; null: they are not.</summary>
    public static string? MissingReason => Clusters.MissingReason
        ?? (Binary.Value is null && !Clusters.IsRequired ? "Needs pgbouncer (Debian: apt-get install pgbouncer)." : null);

    public int Port { get; }

    /// <summary>The one in front of the server that tests share.</summary>
    public static Task<Pgbouncer> SharedAsync() => Started.Value;

    /// <param name="server">The port of the server.</param>
    public static async Task<Pgbouncer> StartAsync(int server)
    {
        var (folder, port) = (new TempFolder(), FreePort.Next());
        var settings = folder.File("settings");
        // Each test has a database of its own: connections to those of ended tests must not use up what the server has.
        await File.WriteAllTextAsync(settings,
            $"""
            [databases]
            * = host=127.0.0.1 port={server} user=postgres
            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = {port}
            unix_socket_dir =
            auth_type = any
            pool_mode = transaction
            default_pool_size = {PoolSize}
            max_client_conn = 2000
            server_idle_timeout = 5
            server_login_retry = 1
            """);
        if (OperatingSystem.IsLinux())
            File.SetUnixFileMode(folder.Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
                | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
        var bouncer = new Pgbouncer(folder, port, GuardedProcess.Start($"{Binary.Value} {settings}", "/dev/null", "KILL"));
        AppDomain.CurrentDomain.ProcessExit += (_, _) => bouncer.RemoveFolder();
        await PostgresCluster.WaitForAsync(bouncer.ConnectionString("postgres"));
        return bouncer;
    }

    /// <summary>The connection string of a database, by way of it.</summary>
    public string ConnectionString(string database) => new NpgsqlConnectionStringBuilder
    {
        Host = "127.0.0.1",
        Port = Port,
        Username = "postgres",
        Database = database,
        IncludeErrorDetail = true,
        // Other tests may have its few connections to the server.
        Timeout = 60,
    }.ToString();

    public async ValueTask DisposeAsync()
    {
        await _process.EndAsync();
        _process.Dispose();
        RemoveFolder();
    }

    private void RemoveFolder()
    {
        if (Directory.Exists(_folder.Path))
            _folder.Dispose();
    }
}
