using System.Diagnostics;
using Npgsql;

namespace OllamaProxy.Tests.Support.Postgres;

/// <summary>
/// A PostgreSQL server of the tests' own, in a temporary folder, from the programs that are installed (Debian: apt-get install postgresql).
/// It ends with the process that started it, however that ends.
/// </summary>
public sealed class PostgresCluster : IAsyncDisposable
{
    /// <summary>Where the programs are, if not where Debian has them.</summary>
    private const string BinariesVariable = "OLLAMA_PROXY_TEST_POSTGRES_BIN";

    /// <summary>If it is set, no test is skipped because there is no PostgreSQL: it fails. CI sets it.</summary>
    private const string RequiredVariable = "OLLAMA_PROXY_TEST_POSTGRES_REQUIRED";

    private static readonly Lazy<string?> Binaries = new(FindBinaries);
    private static readonly Lazy<Task<PostgresCluster>> Started = new(() => StartAsync("-c fsync=off -c full_page_writes=off"));

    private readonly string _folder;
    private readonly string _options;
    private readonly SmallDisk? _disk;
    private GuardedProcess? _server;

    private PostgresCluster(string folder, string options, SmallDisk? disk) => (_folder, _options, _disk) = (folder, options, disk);

    /// <summary>Why tests that need it are skipped; null: they are not.</summary>
    public static string? MissingReason =>
        Binaries.Value is null && !IsRequired ? "Needs PostgreSQL (Debian: apt-get install postgresql)." : null;

    /// <summary>Why tests of a standby are skipped where the programs are not all there; null: they are not.</summary>
    public static string? NoStandbyReason =>
        File.Exists(Program("pg_basebackup")) ? null : "Needs pg_basebackup beside PostgreSQL's other programs.";

    /// <summary>Whether a test fails rather than be skipped where something is missing.</summary>
    public static bool IsRequired => Environment.GetEnvironmentVariable(RequiredVariable) is not (null or "");

    /// <summary>The one that tests share which leave the server alone. Nothing that it holds survives a crash.</summary>
    public static Task<PostgresCluster> SharedAsync() => Started.Value;

    public int Port { get; } = GuardedProcess.FreePort();

    /// <summary>The connection string of a database.</summary>
    public string ConnectionString(string database) =>
        $"Host=127.0.0.1;Port={Port};Username=postgres;Database={database};Include Error Detail=true";

    /// <summary>Makes a server with these options, and waits until it takes connections.</summary>
    public static async Task<PostgresCluster> StartAsync(string options)
    {
        var folder = MakeFolder();
        await GuardedProcess.RunAsync($"{Program("initdb")} -D {folder}/data -U postgres -A trust -E UTF8 --locale=C --no-sync");
        return await StartAsync(folder, options, null);
    }

    /// <summary>Makes a server that has a tablespace <c>small</c> on a disk of some megabytes: see <see cref="SmallDisk"/>.</summary>
    public static async Task<PostgresCluster> StartWithSmallDiskAsync(int megabytes)
    {
        var folder = MakeFolder();
        await GuardedProcess.RunAsync($"{Program("initdb")} -D {folder}/data -U postgres -A trust -E UTF8 --locale=C --no-sync");
        var cluster = await StartAsync(folder, "-c fsync=off", new(Path.Combine(folder, "disk"), megabytes));
        await cluster.ExecuteAsync("postgres", $"CREATE TABLESPACE small LOCATION '{folder}/disk/data'");
        return cluster;
    }

    /// <summary>Makes a hot standby of this one. This one is to wait for it at each commit, so that nothing is lost with it.</summary>
    public async Task<PostgresCluster> StartStandbyAsync()
    {
        var folder = MakeFolder();
        await GuardedProcess.RunAsync(
            $"{Program("pg_basebackup")} -D {folder}/data -h 127.0.0.1 -p {Port} -U postgres -X stream -c fast -R --no-sync");
        var standby = await StartAsync(folder, _options, null);
        await ExecuteAsync("postgres", "ALTER SYSTEM SET synchronous_standby_names = '*'");
        await ExecuteAsync("postgres", "SELECT pg_reload_conf()");
        await Eventually.NotNull(async () =>
        {
            await using var connection = new NpgsqlConnection(ConnectionString("postgres") + ";Pooling=false");
            await connection.OpenAsync();
            await using var command = new NpgsqlCommand("SELECT sync_state FROM pg_stat_replication", connection);
            return await command.ExecuteScalarAsync() as string == "sync" ? "in step" : null;
        }, "the standby to be in step");
        return standby;
    }

    /// <summary>Has a standby take over.</summary>
    public Task PromoteAsync() => ExecuteAsync("postgres", "SELECT pg_promote()");

    /// <summary>Has a user show a password.</summary>
    public async Task AskForPasswordAsync(string user)
    {
        var path = $"{_folder}/data/pg_hba.conf";
        await File.WriteAllTextAsync(path, $"host all {user} 127.0.0.1/32 scram-sha-256\n{await File.ReadAllTextAsync(path)}");
        await ExecuteAsync("postgres", "SELECT pg_reload_conf()");
    }

    /// <summary>Starts the server again after <see cref="StopServerAsync"/>.</summary>
    public async Task StartServerAsync()
    {
        var server = $"{Program("postgres")} -D {_folder}/data -p {Port} -c listen_addresses=127.0.0.1 "
            + $"-c unix_socket_directories='' -c max_connections=400 -c shared_buffers=64MB {_options}";
        var log = $"{_folder}/data/log";
        _server = _disk is null ? GuardedProcess.Start(server, log) : await _disk.StartAsync(server, log);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => RemoveFolder();
        await WaitForAsync(ConnectionString("postgres"));
    }

    /// <summary>Waits until a server takes connections.</summary>
    internal static Task WaitForAsync(string connectionString) => Eventually.NotNull(async () =>
    {
        try
        {
            await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false;Timeout=2");
            await connection.OpenAsync();
            return "open";
        }
        catch (NpgsqlException)
        {
            return null;
        }
    }, "the server to take connections");

    /// <summary>Ends the server as a crash does.</summary>
    public async Task StopServerAsync()
    {
        if (_server is null)
            return;
        await _server.EndAsync();
        _server.Dispose();
        _server = null;
    }

    /// <summary>Runs a statement in a database.</summary>
    public async Task ExecuteAsync(string database, string sql)
    {
        await using var connection = new NpgsqlConnection(ConnectionString(database) + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await StopServerAsync();
        RemoveFolder();
    }

    private void RemoveFolder()
    {
        try
        {
            Directory.Delete(_folder, recursive: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The server may still be at it.
        }
    }

    private static async Task<PostgresCluster> StartAsync(string folder, string options, SmallDisk? disk)
    {
        var cluster = new PostgresCluster(folder, options, disk);
        await cluster.StartServerAsync();
        return cluster;
    }

    private static string Program(string name) => Path.Combine(Binaries.Value ?? "", name);

    private static string MakeFolder()
    {
        var folder = Directory.CreateTempSubdirectory("ollama-proxy-postgres-").FullName;
        if (Environment.UserName == "root")
            Process.Start("chown", $"postgres {folder}").WaitForExit();
        return folder;
    }

    private static string? FindBinaries()
    {
        if (Environment.GetEnvironmentVariable(BinariesVariable) is { Length: > 0 } folder)
            return folder;
        const string Debian = "/usr/lib/postgresql";
        return !Directory.Exists(Debian) ? null : Directory.GetDirectories(Debian)
            .OrderByDescending(version => int.TryParse(Path.GetFileName(version), out var number) ? number : 0)
            .Select(version => Path.Combine(version, "bin"))
            .FirstOrDefault(binaries => File.Exists(Path.Combine(binaries, "initdb")));
    }
}
