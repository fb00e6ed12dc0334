using OllamaProxy.Configuration;
using OllamaProxy.Storage;
using OllamaProxy.Storage.Inspection;
using OllamaProxy.Storage.Postgres;
using OllamaProxy.Tests.Support;
using OllamaProxy.Tests.Support.Postgres;

namespace OllamaProxy.Tests.Storage.Postgres;

/// <summary>What is found out of a database before a start.</summary>
public sealed class PostgresInspectionTests : IAsyncLifetime
{
    private PostgresDatabase _database = null!;

    public async Task InitializeAsync() => _database = Clusters.MissingReason is null ? await PostgresDatabase.CreateAsync() : null!;

    public async Task DisposeAsync()
    {
        if (_database is not null)
            await _database.DisposeAsync();
    }

    [StoreFact]
    public async Task An_empty_database_is_well_and_stays_empty()
    {
        Assert.EndsWith("has no tables yet; the first start makes them.", await InspectAsync(), StringComparison.Ordinal);
        Assert.Equal(0, await _database.NumberAsync("SELECT count(*) FROM pg_namespace WHERE nspname = 'ollama_proxy'"));
    }

    [StoreFact]
    public async Task One_with_tables_is_well_and_one_of_an_older_version_is_to_be_backed_up()
    {
        await MakeAsync();
        Assert.Contains(" is of this program's version, ", await InspectAsync(), StringComparison.Ordinal);
        await _database.NumberAsync("UPDATE version SET version = 1 RETURNING version");
        Assert.Contains(" is of version 1; the next start migrates it to ", await InspectAsync(), StringComparison.Ordinal);
        Assert.Equal(1, await _database.NumberAsync("SELECT version FROM version"));
    }

    [StoreTheory]
    [InlineData("UPDATE version SET version = 999 RETURNING version", "is of version 999, written by a newer Ollama Proxy")]
    [InlineData("UPDATE version SET version = 1000000 RETURNING version", "holds an unfinished copy.")]
    [InlineData("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on', current_database()); END $$",
        "is read-only: it is a standby, or set to be. Name the server that takes writes")]
    public async Task What_no_server_would_start_on_is_refused(string sql, string message)
    {
        await MakeAsync();
        await _database.NumberAsync(sql);
        Assert.Contains(message, await RefusalAsync(), StringComparison.Ordinal);
    }

    [StoreFact]
    public async Task What_a_user_may_not_do_is_told_of()
    {
        var cluster = await Clusters.SharedAsync();
        var user = $"user_{Guid.NewGuid():N}";
        await cluster.ExecuteAsync("postgres", $"CREATE ROLE {user} LOGIN");
        var connection = $"Host=127.0.0.1;Port={cluster.Port};Username={user};Database={_database.Name}";

        Assert.Contains("and the user may not make them. Run GRANT CREATE ON DATABASE", await RefusalAsync(connection),
            StringComparison.Ordinal);
        await MakeAsync();
        Assert.Contains("lacks a privilege in the database", await RefusalAsync(connection), StringComparison.Ordinal);
        await cluster.ExecuteAsync(_database.Name, $"GRANT USAGE ON SCHEMA ollama_proxy TO {user}");
        await cluster.ExecuteAsync(_database.Name, $"GRANT SELECT ON ollama_proxy.version TO {user}");
        Assert.Contains("has the schema ollama_proxy, where the user may not write. Log in as its owner", await RefusalAsync(connection),
            StringComparison.Ordinal);
        await _database.NumberAsync("UPDATE version SET version = 1 RETURNING version");
        Assert.Contains("which only the owner of the schema ollama_proxy can migrate.", await RefusalAsync(connection),
            StringComparison.Ordinal);
    }

    private async Task MakeAsync() =>
        await (await PostgresPromptStore.OpenAsync(_database.ConnectionString, null, TimeProvider.System)).DisposeAsync();

    private async Task<string> RefusalAsync(string? connection = null) =>
        (await Assert.ThrowsAsync<StoreException>(() => InspectAsync(connection))).Message;

    private Task<string> InspectAsync(string? connection = null) =>
        StoreInspection.RunAsync(new() { Store = StoreKind.Postgres, Postgres = connection ?? _database.ConnectionString }, default);
}
