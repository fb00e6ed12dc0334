using OllamaProxy.Benchmarks.Processes;

namespace OllamaProxy.Tests.Support.Postgres;

/// <summary>The PostgreSQL servers of the tests.</summary>
internal static class Clusters
{
    /// <summary>If it is set, no test is skipped because there is no PostgreSQL: it fails. CI sets it.</summary>
    private const string RequiredVariable = "OLLAMA_PROXY_TEST_POSTGRES_REQUIRED";

    private static readonly Lazy<Task<PostgresCluster>> Started =
        new(() => PostgresCluster.StartAsync("-c fsync=off -c full_page_writes=off"));

    /// <summary>Why tests that need one are skipped; null: they are not.</summary>
    public static string? MissingReason => IsRequired ? null : PostgresCluster.MissingReason;

    /// <summary>Why tests of a standby are skipped where the programs are not all there; null: they are not.</summary>
    public static string? NoStandbyReason =>
        File.Exists(PostgresCluster.Program("pg_basebackup")) ? null : "Needs pg_basebackup beside PostgreSQL's other programs.";

    /// <summary>Whether a test fails rather than be skipped where something is missing.</summary>
    public static bool IsRequired => Environment.GetEnvironmentVariable(RequiredVariable) is not (null or "");

    /// <summary>The one that tests share which leave the server alone. Nothing that it holds survives a crash.</summary>
    public static Task<PostgresCluster> SharedAsync() => Started.Value;

    /// <summary>Makes a server that has a tablespace <c>small</c> on a disk of some megabytes: see <see cref="SmallDisk"/>.</summary>
    public static async Task<PostgresCluster> StartWithSmallDiskAsync(int megabytes)
    {
        var cluster = await PostgresCluster.StartAsync("-c fsync=off", start: (server, command, log) =>
            new SmallDisk(Path.Combine(server.Folder, "disk"), megabytes).StartAsync(command, log));
        await cluster.ExecuteAsync("postgres", $"CREATE TABLESPACE small LOCATION '{cluster.Folder}/disk/data'");
        return cluster;
    }

    /// <summary>Makes a hot standby of a server. The server is to wait for it at each commit, so that nothing is lost with it.</summary>
    public static async Task<PostgresCluster> StartStandbyAsync(this PostgresCluster primary)
    {
        var standby = await PostgresCluster.StartAsync(
            primary.Options, $"pg_basebackup -h 127.0.0.1 -p {primary.Port} -U postgres -X stream -c fast -R");
        await primary.ExecuteAsync("postgres", "ALTER SYSTEM SET synchronous_standby_names = '*'");
        await primary.ExecuteAsync("postgres", "SELECT pg_reload_conf()");
        await Eventually.NotNull(async () =>
            await new PostgresDatabase(primary, "postgres").ListAsync("SELECT sync_state FROM pg_stat_replication") is ["sync"]
                ? "in step" : null, "the standby to be in step");
        return standby;
    }

    /// <summary>Has a standby take over.</summary>
    public static Task PromoteAsync(this PostgresCluster standby) => standby.ExecuteAsync("postgres", "SELECT pg_promote()");

    /// <summary>Has a user show a password.</summary>
    public static async Task AskForPasswordAsync(this PostgresCluster cluster, string user)
    {
        var path = $"{cluster.Folder}/data/pg_hba.conf";
        await File.WriteAllTextAsync(path, $"host all {user} 127.0.0.1/32 scram-sha-256\n{await File.ReadAllTextAsync(path)}");
        await cluster.ExecuteAsync("postgres", "SELECT pg_reload_conf()");
    }
}
