using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Npgsql;
using OllamaProxy.Storage;
using OllamaProxy.Storage.Postgres;
using OllamaProxy.Tests.Server;
using OllamaProxy.Tests.Support;
using OllamaProxy.Tests.Support.Postgres;
using OllamaProxy.Tests.Support.Timing;

namespace OllamaProxy.Tests.Storage.Postgres;

/// <summary>The server is not there, does not let the program in, or has too few connections for it.</summary>
public sealed class ConnectionTests
{
    private const string Secret = "s3cret";

    [StoreTheory]
    [InlineData("a wrong password", "refuses the login: password authentication failed for user \"USER\".")]
    [InlineData("a database that is not there", "The database nowhere at 127.0.0.1:PORT does not exist. Create it with CREATE DATABASE")]
    [InlineData("no server", "The database postgres at 127.0.0.1:1 cannot be reached: ")]
    public async Task A_start_that_cannot_use_the_database_ends_with_one_line_and_without_the_password(string what, string expected)
    {
        var cluster = await Clusters.SharedAsync();
        var user = $"user_{Guid.NewGuid():N}";
        await cluster.ExecuteAsync("postgres", $"CREATE ROLE {user} LOGIN PASSWORD 'another'");
        if (what == "a wrong password")
            await cluster.AskForPasswordAsync(user);
        var port = what == "no server" ? 1 : cluster.Port;
        var database = what == "a database that is not there" ? "nowhere" : "postgres";
        using var folder = new TempFolder();

        using var server = new ServerProcess(folder, "--urls http://127.0.0.1:0",
            ("OLLAMA_PROXY_STORE", "postgres"),
            ("OLLAMA_PROXY_POSTGRES", $"Host=127.0.0.1;Port={port};Username={user};Password={Secret};Database={database}"),
            ("Logging__LogLevel__Default", "Trace"));

        Assert.Equal(1, await server.ExitCodeAsync());
        var line = Assert.Single(server.Output.Trim().Split('\n'), line => line.StartsWith("The ", StringComparison.Ordinal));
        Assert.Contains(
            expected.Replace("USER", user, StringComparison.Ordinal).Replace("PORT", $"{port}", StringComparison.Ordinal), line,
            StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, server.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", server.Output, StringComparison.Ordinal);
    }

    [StoreFact]
    public async Task While_the_server_has_no_connection_to_spare_clients_are_told_to_come_again_and_go_on_when_it_has()
    {
        var cluster = await Clusters.SharedAsync();
        await using var database = await PostgresDatabase.CreateAsync();
        var user = $"user_{Guid.NewGuid():N}";
        await cluster.ExecuteAsync("postgres", $"CREATE ROLE {user} LOGIN PASSWORD '{Secret}'");
        await cluster.ExecuteAsync("postgres", $"GRANT CREATE ON DATABASE {database.Name} TO {user}");
        await cluster.AskForPasswordAsync(user);
        await using var proxy = await PostgresRig.StartAsync(
            $"Host=127.0.0.1;Port={cluster.Port};Username={user};Password={Secret};Database={database.Name}");
        var before = await proxy.SubmitAsync(new { prompt = "before" });
        await proxy.ResultAsync(before);

        await cluster.ExecuteAsync("postgres", $"ALTER ROLE {user} CONNECTION LIMIT 0");
        await cluster.ExecuteAsync("postgres", $"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{user}'");
        Assert.All(await PostgresRig.AssertRefusedAsync(proxy), words =>
            Assert.Contains("has no free connection", words, StringComparison.Ordinal));
        Assert.Contains("has no free connection", await PostgresRig.AssertUnreadableAsync(proxy), StringComparison.Ordinal);

        await cluster.ExecuteAsync("postgres", $"ALTER ROLE {user} CONNECTION LIMIT -1");
        var after = await proxy.SubmitAsync(new { prompt = "after" });
        Assert.Equal("completed", (await proxy.ResultAsync(after)).GetProperty("status").GetString());
        await PostgresRig.AssertHoldsAsync(proxy, before, after);
    }

    [StoreFact]
    public async Task Three_connections_are_enough_for_any_number_of_clients()
    {
        await using var database = await PostgresDatabase.CreateAsync();
        await using var proxy = await PostgresRig.StartAsync(database.ConnectionString + ";Maximum Pool Size=3");

        var ids = await Task.WhenAll(Enumerable.Range(0, 60).Select(n => proxy.SubmitAsync(new { prompt = $"{n}" })));

        foreach (var result in await Task.WhenAll(ids.Select(proxy.ResultAsync)))
            Assert.Equal("completed", result.GetProperty("status").GetString());
    }

    [StoreFact]
    public async Task Reads_wait_for_a_connection_for_longer_than_one_takes_to_open()
    {
        await using var database = await PostgresDatabase.CreateAsync();
        await using var store = await PostgresPromptStore.OpenAsync(
            database.ConnectionString + ";Maximum Pool Size=3;Timeout=3", null, TimeProvider.System);
        await using var other = new NpgsqlConnection(database.ConnectionString);
        await other.OpenAsync();
        await using var transaction = await other.BeginTransactionAsync();
        await using (var statement = new NpgsqlCommand("LOCK TABLE ollama_proxy.prompts IN ACCESS EXCLUSIVE MODE", other, transaction))
            await statement.ExecuteNonQueryAsync();

        var reads = Enumerable.Range(0, 20).Select(_ => store.FindAsync(Guid.CreateVersion7(), default)).ToList();
        // Each would have tried three times by then.
        await Task.Delay(TimeSpan.FromSeconds(11));
        await transaction.RollbackAsync();

        Assert.All(await Task.WhenAll(reads), Assert.Null);
    }

    [StoreFact]
    public async Task A_server_that_does_not_answer_is_given_up_after_five_seconds()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        await Soonest.IsWithinAsync(TimeSpan.FromSeconds(12), async () =>
        {
            var begunAt = Stopwatch.GetTimestamp();

            var refused = await Assert.ThrowsAsync<StoreException>(() => PostgresPromptStore.OpenAsync(
                $"Host=127.0.0.1;Port={((IPEndPoint)silent.LocalEndpoint).Port};Username=me;Database=queue", null, TimeProvider.System));

            var took = Stopwatch.GetElapsedTime(begunAt);
            Assert.True(refused.IsTransient);
            Assert.True(took > TimeSpan.FromSeconds(3), $"It was given up after {took}.");
            return took;
        });
    }
}
