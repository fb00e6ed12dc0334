using OllamaProxy.Benchmarks.Processes;

namespace OllamaProxy.Tests.Support;

/// <summary>The PostgreSQL server that tests share which leave the server alone. Nothing that it holds survives a crash.</summary>
internal static class SharedPostgres
{
    /// <summary>If it is set, no test is skipped because there is no PostgreSQL: it fails. CI sets it.</summary>
    private const string RequiredVariable = "OLLAMA_PROXY_TEST_POSTGRES_REQUIRED";

    private static readonly Lazy<Task<PostgresCluster>> Started =
        new(() => PostgresCluster.StartAsync("-c fsync=off -c full_page_writes=off"));

    /// <summary>Why tests that need it are skipped; null: they are not.</summary>
    public static string? MissingReason =>
        Environment.GetEnvironmentVariable(RequiredVariable) is null or "" ? PostgresCluster.MissingReason : null;

    public static Task<PostgresCluster> GetAsync() => Started.Value;
}
