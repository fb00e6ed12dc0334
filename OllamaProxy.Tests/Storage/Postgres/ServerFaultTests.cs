using OllamaProxy.Prompts;
using OllamaProxy.Storage;
using OllamaProxy.Storage.Postgres;
using OllamaProxy.Tests.Support;
using OllamaProxy.Tests.Support.Postgres;

namespace OllamaProxy.Tests.Storage.Postgres;

/// <summary>
/// The server refuses a transaction, ends one, or is far away: nothing is lost, nothing is stored twice, nobody else pays.
/// </summary>
public sealed class ServerFaultTests : IAsyncLifetime
{
    private static readonly ClaimTerms Terms = new(1, TimeSpan.FromMinutes(1), 3, "here");

    private PostgresDatabase _database = null!;

    public async Task InitializeAsync() => _database = await PostgresDatabase.CreateAsync();

    public async Task DisposeAsync() => await _database.DisposeAsync();

    [StoreTheory]
    [InlineData("40001")] // serialization failure
    [InlineData("40P01")] // deadlock
    [InlineData("55P03")] // lock not available
    public async Task A_write_that_the_server_gives_up_in_passing_is_done_again_and_stored_once(string state)
    {
        await using var store = await OpenAsync();
        await _database.QueryAsync(
            $"""
            CREATE SEQUENCE refusals;
            CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF nextval('ollama_proxy.refusals') % 3 > 0 THEN RAISE EXCEPTION 'not now' USING ERRCODE = '{state}'; END IF;
                RETURN NEW;
            END $$;
            CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON prompts FOR EACH ROW EXECUTE FUNCTION refuse();
            """);

        var prompt = (await store.AddAsync(New("persistent"), 0, default)).Prompt;
        var claimed = await store.ClaimAsync(prompt.Seq, Terms, default);
        Assert.True(await store.CompleteAsync(claimed!.Lease, new("done", null, GenerationStatistics.None), default));

        Assert.Equal((PromptStatus.Completed, 1), await store.FindAsync(prompt.Id, default) is { } found ? (found.Status, found.Attempts)
            : default);
        Assert.Equal(1, await _database.NumberAsync("SELECT count(*) FROM prompts"));
        Assert.Equal(9, await _database.NumberAsync("SELECT last_value FROM refusals"));
    }

    [StoreFact]
    public async Task A_write_that_is_refused_again_and_again_fails_and_those_beside_it_are_stored()
    {
        await using var store = await OpenAsync();
        await _database.QueryAsync(
            """
            CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF NEW.priority = 13 THEN RAISE EXCEPTION 'never' USING ERRCODE = '40001'; END IF;
                RETURN NEW;
            END $$;
            CREATE TRIGGER refuse BEFORE INSERT ON prompts FOR EACH ROW EXECUTE FUNCTION refuse();
            """);

        var before = store.AddAsync(New("before"), 0, default);
        var refused = store.AddAsync(New("refused") with { Priority = 13 }, 0, default);
        var beside = Enumerable.Range(0, 20).Select(n => store.AddAsync(New($"{n}"), 0, default)).ToList();

        Assert.True((await Assert.ThrowsAsync<StoreException>(() => refused)).IsTransient);
        await before;
        await Task.WhenAll(beside);
        Assert.Equal(21, await _database.NumberAsync("SELECT count(*) FROM prompts"));
    }

    [StoreFact]
    public async Task Of_a_deadlock_with_another_programs_transaction_the_store_recovers()
    {
        // Who has waited for so long looks for a deadlock, once, and is the one that gives up: that is to be the store.
        await _database.QueryAsync($"ALTER DATABASE {_database.Name} SET deadlock_timeout = '2s'");
        await using var store = await OpenAsync();
        var first = (await store.AddAsync(New("first"), 0, default)).Prompt;
        var second = (await store.AddAsync(New("second"), 0, default)).Prompt;
        await using var other = new Npgsql.NpgsqlConnection(_database.ConnectionString);
        await other.OpenAsync();
        await using (var patience = new Npgsql.NpgsqlCommand("SET deadlock_timeout = '1min'", other))
            await patience.ExecuteNonQueryAsync();
        await using var transaction = await other.BeginTransactionAsync();
        await LockAsync(second);

        // In one transaction, which has the first and waits for the second.
        var changes = new[] { store.CancelAsync(first.Id, default), store.CancelAsync(second.Id, default) };
        await Eventually.NotNull(async () => await _database.NumberAsync(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'") == 1 ? "" : null);
        await LockAsync(first);
        await transaction.CommitAsync();

        Assert.All(await Task.WhenAll(changes), prompt => Assert.Equal(PromptStatus.Cancelled, prompt!.Status));

        async Task LockAsync(Prompt prompt)
        {
            await using var command = new Npgsql.NpgsqlCommand(
                $"SELECT 1 FROM ollama_proxy.prompts WHERE seq = {prompt.Seq} FOR UPDATE", other);
            await command.ExecuteNonQueryAsync();
        }
    }

    [StoreFact]
    public async Task A_transaction_that_the_server_ended_for_its_idleness_is_done_again_and_stored_once()
    {
        await EndIdleTransactionsAsync();
        await using var relay = await RelayAsync();
        await using var store = await OpenAsync(relay);
        var commits = 0;
        relay.OnCommit = async () =>
        {
            // The commit is held until the server has ended the session that waits for it.
            if (commits++ == 0)
                await Eventually.NotNull(async () => await _database.NumberAsync(
                    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'") == 0
                    ? "ended" : null, "the session to be ended");
            return true;
        };

        var prompt = (await store.AddAsync(New("late"), 0, default)).Prompt;

        Assert.Equal(2, commits);
        Assert.Equal([prompt.Id], (await store.ListAsync(new(1, 5), default)).Prompts.Select(each => each.Prompt.Id));
    }

    [StoreFact]
    public async Task What_an_instance_holds_that_hangs_amid_a_transaction_is_free_after_a_while()
    {
        await EndIdleTransactionsAsync();
        await using var store = await OpenAsync();
        await using var relay = await RelayAsync();
        var hanging = await OpenAsync(relay);
        var prompt = (await store.AddAsync(New("wanted by both"), 0, default)).Prompt;
        var (hangs, goesOn) = (new TaskCompletionSource(), new TaskCompletionSource());
        relay.OnCommit = async () =>
        {
            hangs.TrySetResult();
            await goesOn.Task;
            return false;
        };
        // It holds the lock of the backend, and the prompt.
        var claim = hanging.ClaimAsync(prompt.Seq, Terms, default);
        await hangs.Task;

        Assert.NotNull(await store.ClaimAsync(prompt.Seq, Terms, default));

        relay.OnCommit = null;
        goesOn.SetResult();
        Assert.Null(await claim);
        await hanging.DisposeAsync();
    }

    [StoreFact]
    public async Task A_transaction_may_be_idle_for_ten_seconds_unless_the_administrator_set_a_limit()
    {
        await using (var store = await OpenAsync())
        {
            await _database.QueryAsync(
                """
                CREATE TABLE limits (seconds text);
                CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    INSERT INTO ollama_proxy.limits VALUES (current_setting('idle_in_transaction_session_timeout'));
                    RETURN NEW;
                END $$;
                CREATE TRIGGER look BEFORE INSERT ON prompts FOR EACH ROW EXECUTE FUNCTION look();
                """);
            await store.AddAsync(New("first"), 0, default);
        }
        await _database.QueryAsync($"ALTER DATABASE {_database.Name} SET idle_in_transaction_session_timeout = '3s'");
        await using (var store = await OpenAsync())
            await store.AddAsync(New("second"), 0, default);

        Assert.Equal(["10s", "3s"], (await _database.QueryAsync("SELECT seconds FROM limits")).Select(row => row[0]));
    }

    [StoreFact]
    public async Task Over_a_slow_network_all_goes_its_way()
    {
        await using var relay = await RelayAsync();
        (relay.Delay, relay.BytesPerSecond) = (TimeSpan.FromMilliseconds(200), 1_000_000);
        await using var store = await OpenAsync(relay);
        var text = new string('x', 50_000);

        var added = await Task.WhenAll(Enumerable.Range(0, 10).Select(n => store.AddAsync(New(text), 0, default)));
        var claimed = await Task.WhenAll(added.Select(each =>
            store.ClaimAsync(each.Prompt.Seq, Terms with { Concurrency = 10 }, default)));
        var settled = await Task.WhenAll(claimed.Select(each =>
            store.CompleteAsync(each!.Lease, new(text, null, GenerationStatistics.None), default)));

        Assert.DoesNotContain(false, settled);
        Assert.Equal(10, (await store.CountAsync(null, null, default))[PromptStatus.Completed]);
        Assert.Equal(text, (await store.WholeResultAsync(added[9].Prompt.Id))!.Text);
    }

    private static NewPrompt New(string text) => new(text, "m", "{}"u8.ToArray());

    /// <summary>
    /// Has the server end transactions that are idle for a second; the schema is there before that, since making it on a busy machine may
    /// well pause for so long.
    /// </summary>
    private async Task EndIdleTransactionsAsync()
    {
        await (await OpenAsync()).DisposeAsync();
        await _database.QueryAsync($"ALTER DATABASE {_database.Name} SET idle_in_transaction_session_timeout = '3s'");
    }

    private static async Task<CommitRelay> RelayAsync() => new((await Clusters.SharedAsync()).Port);

    private Task<PostgresPromptStore> OpenAsync(CommitRelay? relay = null) => PostgresPromptStore.OpenAsync(
        relay is null ? _database.ConnectionString : $"Host=127.0.0.1;Port={relay.Port};Username=postgres;Database={_database.Name}",
        null, TimeProvider.System);
}
