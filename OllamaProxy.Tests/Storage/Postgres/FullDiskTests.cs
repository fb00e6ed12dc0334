using System.Net;
using System.Net.Http.Json;
using Npgsql;
using OllamaProxy.Benchmarks.Processes;
using OllamaProxy.Tests.Api;
using OllamaProxy.Tests.Support;
using OllamaProxy.Tests.Support.Postgres;

namespace OllamaProxy.Tests.Storage.Postgres;

/// <summary>The disk under the database's tables is full, while that of the server's log is not.</summary>
public sealed class FullDiskTests : IAsyncLifetime
{
    private PostgresCluster _cluster = null!;
    private RunningProxy _proxy = null!;

    public async Task InitializeAsync()
    {
        _cluster = await Clusters.StartWithSmallDiskAsync(64);
        await _cluster.ExecuteAsync("postgres", "CREATE DATABASE queue TEMPLATE template0 TABLESPACE small");
        await _cluster.ExecuteAsync("postgres", "CREATE TABLE filling (bytes bytea) TABLESPACE small");
        await _cluster.ExecuteAsync("postgres", "ALTER TABLE filling ALTER bytes SET STORAGE PLAIN");
        _proxy = await PostgresRig.StartAsync(_cluster.ConnectionString("queue"), ("OLLAMA_PROXY_WORKER", "0"));
        // What a server keeps in memory of a new database has no room on the disk yet; and the first connection after a change of the
        // schema writes a cache of it. Without room for those it refuses even reads.
        await _cluster.ExecuteAsync("queue", "CHECKPOINT");
    }

    public async Task DisposeAsync()
    {
        await _proxy.DisposeAsync();
        await _cluster.DisposeAsync();
    }

    [SmallDiskFact]
    public async Task While_the_disk_is_full_submits_are_503_and_reads_work()
    {
        var before = await _proxy.SubmitAsync(new { prompt = "before" });
        await FillAsync();

        Assert.Equal(
            [$"The disk of the database queue at 127.0.0.1:{_cluster.Port} is full."],
            await PostgresRig.AssertRefusedAsync(_proxy, StorageRig.LargeText));
        await PostgresRig.AssertHoldsAsync(_proxy, before);
        Assert.Equal("queued", (await _proxy.StatusAsync(before)).GetProperty("status").GetString());

        await EmptyAsync();
        await PostgresRig.AssertHoldsAsync(_proxy, before, await _proxy.SubmitAsync(new { prompt = StorageRig.LargeText }));
    }

    [SmallDiskFact]
    public async Task Of_submits_at_once_on_a_full_disk_exactly_those_are_there_that_were_acknowledged()
    {
        await FillAsync();

        var answers = await Task.WhenAll(Enumerable.Range(0, 90).Select(async number =>
        {
            using var answer = await _proxy.Client.PostAsJsonAsync(
                "/api/v1/prompt", new { prompt = number % 3 == 0 ? StorageRig.LargeText : "small" });
            if (answer.IsSuccessStatusCode)
                return answer.Headers.Location!.ToString().Split('/')[^2];
            var problem = await Problem.OfAsync(answer, (int)HttpStatusCode.ServiceUnavailable);
            Assert.Contains("is full", problem.Detail, StringComparison.Ordinal);
            return null;
        }));

        Assert.Contains(answers, answer => answer is null);
        await PostgresRig.AssertHoldsAsync(_proxy, answers.OfType<string>());
        await EmptyAsync();
        await PostgresRig.AssertHoldsAsync(_proxy, answers.OfType<string>());
    }

    /// <summary>Takes all space there is: what an insert had added when it failed stays, as dead rows.</summary>
    private async Task FillAsync()
    {
        var full = await Assert.ThrowsAsync<PostgresException>(() => _cluster.ExecuteAsync(
            "postgres", "INSERT INTO filling SELECT decode(repeat('00', 7000), 'hex') FROM generate_series(1, 10000)"));
        Assert.Equal(PostgresErrorCodes.DiskFull, full.SqlState);
    }

    private Task EmptyAsync() => _cluster.ExecuteAsync("postgres", "DROP TABLE filling");
}

/// <summary>A test that needs a <see cref="SmallDisk"/>, and is skipped where none can be mounted, or there is no PostgreSQL.</summary>
public sealed class SmallDiskFactAttribute : FactAttribute
{
    public SmallDiskFactAttribute() => Skip = Clusters.MissingReason ?? SmallDisk.MissingReason;
}
