using System.Diagnostics;
using Npgsql;

namespace OllamaProxy.Tests.Support;

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
    private GuardedProcess _server = null!;

    private PostgresCluster(string folder, int port) => (_folder, Port) = (folder, port);

    /// <summary>Why tests that need it are skipped; null: they are not.</summary>
    public static string? MissingReason =>
        Binaries.Value is null && !IsRequired ? "Needs PostgreSQL (Debian: apt-get install postgresql)." : null;

    /// <summary>Whether a test fails rather than be skipped where something is missing.</summary>
    public static bool IsRequired => Environment.GetEnvironmentVariable(RequiredVariable) is not (null or "");

    /// <summary>The one that tests share which leave the server alone. Nothing that it holds survives a crash.</summary>
    public static Task<PostgresCluster> SharedAsync() => Started.Value;

    public int Port { get; }

    /// <summary>The connection string of a database.</summary>
    public string ConnectionString(string database) =>
        $"Host=127.0.0.1;Port={Port};Username=postgres;Database={database};Include Error Detail=true";

    /// <summary>Makes a server with these options, and waits until it takes connections.</summary>
    public static async Task<PostgresCluster> StartAsync(string options)
    {
        var folder = Directory.CreateTempSubdirectory("ollama-proxy-postgres-").FullName;
        GiveToServer(folder);
        await GuardedProcess.RunAsync(
            $"{Path.Combine(Binaries.Value!, "initdb")} -D {folder}/data -U postgres -A trust -E UTF8 --locale=C --no-sync");
        var cluster = new PostgresCluster(folder, GuardedProcess.FreePort());
        await File.AppendAllTextAsync($"{folder}/options", options);
        await cluster.StartServerAsync();
        return cluster;
    }

    /// <summary>Starts the server again after <see cref="StopServerAsync"/>.</summary>
    public async Task StartServerAsync()
    {
        var options = await File.ReadAllTextAsync($"{_folder}/options");
        var server = $"{Path.Combine(Binaries.Value!, "postgres")} -D {_folder}/data -p {Port} -c listen_addresses=127.0.0.1 "
            + $"-c unix_socket_directories='' -c max_connections=400 -c shared_buffers=64MB {options}";
        _server = GuardedProcess.Start(server, $"{_folder}/data/log");
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
        await _server.EndAsync();
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

    private static void GiveToServer(string folder)
    {
        if (Environment.UserName == "root")
            Process.Start("chown", $"postgres {folder}").WaitForExit();
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
