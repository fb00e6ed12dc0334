using System.Diagnostics;
using Npgsql;

namespace OllamaProxy.Benchmarks.Processes;

/// <summary>
/// A PostgreSQL server of this process's own, in a temporary folder, from the programs that are installed (Debian: apt-get install
/// postgresql). It ends with the process that started it, however that ends.
/// </summary>
internal sealed class PostgresCluster : IAsyncDisposable
{
    /// <summary>Where the programs are, if not where Debian has them.</summary>
    private const string BinariesVariable = "OLLAMA_PROXY_TEST_POSTGRES_BIN";

    /// <summary>Makes the data of a new server.</summary>
    private const string Initdb = "initdb -U postgres -A trust -E UTF8 --locale=C";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly Lazy<string?> Binaries = new(FindBinaries);

    private readonly Func<PostgresCluster, string, string, Task<GuardedProcess>> _start;
    private GuardedProcess? _server;

    private PostgresCluster(string options, Func<PostgresCluster, string, string, Task<GuardedProcess>>? start)
    {
        Options = options;
        _start = start ?? ((_, command, log) => Task.FromResult(GuardedProcess.Start(command, log, "QUIT")));
        if (Environment.UserName == "root")
            Process.Start("chown", $"postgres {Folder}").WaitForExit();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => RemoveFolder();
    }

    /// <summary>Why there can be none; null: there can.</summary>
    public static string? MissingReason => Binaries.Value is null ? "Needs PostgreSQL (Debian: apt-get install postgresql)." : null;

    /// <summary>Its options, as on the command line.</summary>
    public string Options { get; }

    /// <summary>Where all that it has is, its data in a folder of that name.</summary>
    public string Folder { get; } = Directory.CreateTempSubdirectory("ollama-proxy-postgres-").FullName;

    public int Port { get; } = FreePort.Next();

    /// <summary>The path of one of PostgreSQL's programs.</summary>
    public static string Program(string name) => Path.Combine(Binaries.Value ?? "", name);

    /// <summary>The connection string of a database.</summary>
    public string ConnectionString(string database) =>
        $"Host=127.0.0.1;Port={Port};Username=postgres;Database={database};Include Error Detail=true";

    /// <summary>Makes a server, and waits until it takes connections.</summary>
    /// <param name="options">Its options, as on the command line.</param>
    /// <param name="make">The program and the options that make its data.</param>
    /// <param name="start">Starts the server's command with a log, in a way of its own; null: as it is.</param>
    /// <exception cref="InvalidOperationException">It does not come to that.</exception>
    public static async Task<PostgresCluster> StartAsync(
        string options, string make = Initdb, Func<PostgresCluster, string, string, Task<GuardedProcess>>? start = null)
    {
        var cluster = new PostgresCluster(options, start);
        await GuardedProcess.RunAsync($"{Program(make)} -D {cluster.Folder}/data --no-sync");
        await cluster.StartServerAsync();
        return cluster;
    }

    /// <summary>Starts the server again after <see cref="StopServerAsync"/>.</summary>
    public async Task StartServerAsync()
    {
        _server = await _start(this, $"{Program("postgres")} -D {Folder}/data -p {Port} -c listen_addresses=127.0.0.1 "
            + $"-c unix_socket_directories='' -c max_connections=400 -c shared_buffers=64MB {Options}", $"{Folder}/data/log");
        await WaitForAsync(ConnectionString("postgres"));
    }

    /// <summary>Ends the server as a crash does, or in another of the ways of <c>pg_ctl stop</c>, such as <c>fast</c>.</summary>
    public async Task StopServerAsync(string mode = "immediate")
    {
        if (Interlocked.Exchange(ref _server, null) is not { } server)
            return;
        if (mode != "immediate")
            await GuardedProcess.RunAsync($"{Program("pg_ctl")} stop -D {Folder}/data -m {mode} -w -s");
        await server.EndAsync();
        server.Dispose();
    }

    /// <summary>Waits until a server, or what stands in front of it, takes connections.</summary>
    /// <exception cref="InvalidOperationException">It does not come to that.</exception>
    public static async Task WaitForAsync(string connectionString)
    {
        for (var begunAt = Stopwatch.GetTimestamp(); ; await Task.Delay(50))
        {
            try
            {
                await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false;Timeout=2");
                await connection.OpenAsync();
                return;
            }
            catch (NpgsqlException exception) when (Stopwatch.GetElapsedTime(begunAt) > Patience)
            {
                throw new InvalidOperationException("It takes no connections; the log in its folder may say why.", exception);
            }
            catch (NpgsqlException)
            {
                // It is starting.
            }
        }
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
            Directory.Delete(Folder, recursive: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The server may still be at it.
        }
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
