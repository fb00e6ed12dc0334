using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace OllamaProxy.Benchmarks.Processes;

/// <summary>
/// A PostgreSQL server of this process's own, in a temporary folder, from the programs that are installed (Debian: apt-get install
/// postgresql). It ends with the process that started it, however that ends.
/// </summary>
internal sealed class PostgresCluster : IAsyncDisposable
{
    /// <summary>Where the programs are, if not where Debian has them; as for the tests.</summary>
    private const string BinariesVariable = "OLLAMA_PROXY_TEST_POSTGRES_BIN";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly Lazy<string?> Binaries = new(FindBinaries);

    private readonly string _folder;
    private Process _server = null!;

    private PostgresCluster(string folder, int port) => (_folder, Port) = (folder, port);

    /// <summary>Why there can be none; null: there can.</summary>
    public static string? MissingReason => Binaries.Value is null ? "Needs PostgreSQL (Debian: apt-get install postgresql)." : null;

    public int Port { get; }

    /// <summary>The connection string of a database.</summary>
    public string ConnectionString(string database) =>
        $"Host=127.0.0.1;Port={Port};Username=postgres;Database={database};Include Error Detail=true";

    /// <summary>Makes a server with these options, and waits until it takes connections.</summary>
    /// <exception cref="InvalidOperationException">It does not come to that.</exception>
    public static async Task<PostgresCluster> StartAsync(string options)
    {
        var folder = Directory.CreateTempSubdirectory("ollama-proxy-postgres-").FullName;
        if (Environment.UserName == "root")
            await RunAsync("chown", $"postgres {folder}");
        await RunAsync(Program("initdb"), Arguments("initdb", $"-D {folder}/data -U postgres -A trust -E UTF8 --locale=C --no-sync"));
        var cluster = new PostgresCluster(folder, FreePort());
        await File.AppendAllTextAsync($"{folder}/options", options);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => cluster.RemoveFolder();
        await cluster.StartServerAsync();
        return cluster;
    }

    /// <summary>Starts the server again after <see cref="StopServerAsync"/>.</summary>
    public async Task StartServerAsync()
    {
        var options = await File.ReadAllTextAsync($"{_folder}/options");
        var server = $"{Path.Combine(Binaries.Value!, "postgres")} -D {_folder}/data -p {Port} -c listen_addresses=127.0.0.1 "
            + $"-c unix_socket_directories='' -c max_connections=400 -c shared_buffers=64MB {options}";
        // The shell ends the server when this process, which holds the other end of its input, is no more.
        var guard = $"{server} >{_folder}/data/log 2>&1 & server=\\$!; cat >/dev/null; kill -QUIT \\$server 2>/dev/null; wait";
        var start = new ProcessStartInfo("sh")
        {
            RedirectStandardInput = true,
            ArgumentList = { "-c", $"{AsUser}sh -c \"{guard}\"" },
        };
        _server = Process.Start(start)!;
        await WaitUntilOpenAsync();
    }

    /// <summary>Ends the server as a crash does, or in another of the ways of <c>pg_ctl stop</c>, such as <c>fast</c>.</summary>
    public async Task StopServerAsync(string mode = "immediate")
    {
        if (mode != "immediate")
            await RunAsync(Program("pg_ctl"), Arguments("pg_ctl", $"stop -D {_folder}/data -m {mode} -w -s"));
        _server.StandardInput.Close();
        await _server.WaitForExitAsync();
        _server.Dispose();
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

    private async Task WaitUntilOpenAsync()
    {
        for (var begunAt = Stopwatch.GetTimestamp(); ; await Task.Delay(50))
        {
            try
            {
                await using var connection = new NpgsqlConnection(ConnectionString("postgres") + ";Pooling=false;Timeout=2");
                await connection.OpenAsync();
                return;
            }
            catch (NpgsqlException exception) when (Stopwatch.GetElapsedTime(begunAt) > Patience)
            {
                throw new InvalidOperationException($"PostgreSQL takes no connections; {_folder}/data/log may say why.", exception);
            }
            catch (NpgsqlException)
            {
                // It is starting.
            }
        }
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

    private static string AsUser => Environment.UserName == "root" ? "runuser -u postgres -- " : "";

    private static string Program(string name) => Environment.UserName == "root" ? "runuser" : Path.Combine(Binaries.Value!, name);

    private static string Arguments(string name, string arguments) =>
        Environment.UserName == "root" ? $"-u postgres -- {Path.Combine(Binaries.Value!, name)} {arguments}" : arguments;

    private static async Task RunAsync(string program, string arguments)
    {
        using var process = Process.Start(
            new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, WorkingDirectory = "/" })!;
        await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{program} {arguments} ended with {process.ExitCode}.");
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

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
