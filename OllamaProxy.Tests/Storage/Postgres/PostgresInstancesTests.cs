using Npgsql;
using OllamaProxy.Prompts;
using OllamaProxy.Storage;
using OllamaProxy.Storage.Postgres;
using OllamaProxy.Tests.Support;
using OllamaProxy.Tests.Support.Postgres;
using OllamaProxy.Tests.Support.Timing;

namespace OllamaProxy.Tests.Storage.Postgres;

/// <summary>Several instances on one database.</summary>
public sealed class PostgresInstancesTests : IAsyncLifetime
{
    private static readonly ClaimTerms Terms = new(1, TimeSpan.FromMinutes(1), 3, "here");
    private PostgresDatabase _database = null!;

    public async Task InitializeAsync() => _database = await PostgresDatabase.CreateAsync();

    public async Task DisposeAsync() => await _database.DisposeAsync();

    [StoreFact]
    public async Task A_backend_has_as_many_slots_however_many_claim_at_once()
    {
        var stores = await OpenAsync(5);
        await stores[0].AddBatchAsync(Guid.NewGuid(), [.. Enumerable.Repeat(New(), 50)], 0, default);

        var claims = await Task.WhenAll(Enumerable.Range(1, 50).Select(seq =>
            Task.Run(() => stores[seq % 5].ClaimAsync(seq, Terms, default))));

        Assert.Single(claims.OfType<ClaimedPrompt>());
        await CloseAsync(stores);
    }

    [StoreFact]
    public async Task A_lease_takes_its_slot_though_it_was_under_way_when_an_instance_looked()
    {
        var stores = await OpenAsync(2);
        await stores[0].AddBatchAsync(Guid.NewGuid(), [.. Enumerable.Repeat(New(), 3)], 0, default);
        await using (var other = new NpgsqlConnection(_database.ConnectionString))
        {
            await other.OpenAsync();
            await using var transaction = await other.BeginTransactionAsync();
            await using var begin = new NpgsqlCommand(
                "INSERT INTO ollama_proxy.leases (seq, token, slot, backend, expires_at) "
                + "SELECT 1, id, id, 'here', 9999999999999 FROM ollama_proxy.prompts WHERE seq = 1", other, transaction);
            await begin.ExecuteNonQueryAsync();
            // A later transaction is seen before it.
            await stores[0].AddAsync(New(), 0, default);
            Assert.Empty((await stores[1].ReadSnapshotAsync(new(1, default), default)).Running);
            await transaction.CommitAsync();
        }

        Assert.Null(await stores[1].ClaimAsync(2, Terms, default));
        Assert.Single((await stores[1].ReadSnapshotAsync(new(1, default), default)).Running);
        await CloseAsync(stores);
    }

    [StoreFact]
    public async Task Slots_are_counted_right_whenever_an_instance_has_looked()
    {
        var stores = await OpenAsync(3);
        var terms = Terms with { Concurrency = 2 };
        await stores[0].AddBatchAsync(Guid.NewGuid(), [.. Enumerable.Repeat(New(), 40)], 0, default);
        var lasting = (await stores[0].ClaimAsync(1, terms, default))!;
        for (var seq = 2; seq < 40; seq += 2)
        {
            var looking = stores[seq / 2 % 3];
            await looking.ReadSnapshotAsync(new(1, default), default);
            var second = (await stores[(seq + 1) % 3].ClaimAsync(seq, terms, default))!;
            foreach (var store in stores)
                Assert.Null(await store.ClaimAsync(seq + 1, terms, default));
            Assert.Equal(2, (await looking.ReadSnapshotAsync(new(1, default), default)).Running.Count);
            await looking.SettleAsync(second.Lease, new Settlement.Fail("no", null), default);
        }
        Assert.Equal(LeaseState.Held, await stores[0].GetLeaseStateAsync(lasting.Lease, default));
        await CloseAsync(stores);
    }

    [StoreFact]
    public async Task No_prompt_is_claimed_twice_however_many_want_it_at_once()
    {
        var stores = await OpenAsync(4);
        await stores[0].AddBatchAsync(Guid.NewGuid(), [.. Enumerable.Repeat(New(), 100)], 0, default);

        var claims = await Task.WhenAll(stores.SelectMany(store => Enumerable.Range(1, 100).Select(seq =>
            Task.Run(() => store.ClaimAsync(seq, Terms with { Concurrency = 1000 }, default)))));

        Assert.Equal(100, claims.OfType<ClaimedPrompt>().DistinctBy(prompt => prompt.Id).Count());
        Assert.Equal(100, claims.OfType<ClaimedPrompt>().Count());
        await CloseAsync(stores);
    }

    [StoreFact]
    public async Task Instances_that_change_the_same_prompts_in_all_orders_get_through()
    {
        var stores = await OpenAsync(3);
        var ids = (await stores[0].AddBatchAsync(Guid.NewGuid(), [.. Enumerable.Repeat(New(), 20)], 0, default)).Select(prompt =>
            prompt.Id).ToArray();

        await Task.WhenAll(stores.SelectMany(store => Enumerable.Range(0, 6).Select(_ => Task.Run(async () =>
        {
            for (var round = 0; round < 10; round++)
            {
                var order = ids.ToArray();
                Random.Shared.Shuffle(order);
                await Task.WhenAll(order.Select(id =>
                    (round % 2 == 0 ? (Task)store.CancelAsync(id, default) : store.RetryAsync(id, default))));
            }
        }))));

        var counts = await stores[1].CountAsync(null, null, default);
        Assert.Equal(20, counts[PromptStatus.Cancelled] + counts[PromptStatus.Queued]);
        Assert.Equal(counts[PromptStatus.Queued], await _database.NumberAsync("SELECT count(*) FROM prompts WHERE status = 'queued'"));
        foreach (var store in stores)
            Assert.Equal(counts[PromptStatus.Queued],
                (await store.ReadSnapshotAsync(new(1, default) { Freshness = TimeSpan.Zero }, default)).Queued);
        await CloseAsync(stores);
    }

    [StoreFact]
    public async Task One_key_submitted_to_all_at_once_queues_one_prompt()
    {
        var stores = await OpenAsync(4);
        var keyed = New() with { IdempotencyKey = "k", Fingerprint = new byte[] { 1 } };
        var submissions = await Task.WhenAll(Enumerable.Range(0, 40).Select(n =>
            Task.Run(() => stores[n % 4].AddAsync(keyed, 0, default))));
        Assert.Single(submissions, submission => submission.Outcome == SubmissionOutcome.Accepted);
        Assert.Single(submissions.Select(submission => submission.Prompt.Id).Distinct());
        await CloseAsync(stores);
    }

    [StoreFact]
    public async Task Who_listens_is_told_at_once_of_what_another_instance_wrote()
    {
        await using var here = await PostgresPromptStore.OpenAsync(_database.ConnectionString, _database.ConnectionString,
            TimeProvider.System);
        await using var there = await PostgresPromptStore.OpenAsync(_database.ConnectionString, _database.ConnectionString,
            TimeProvider.System);
        // Until it listens, which it does in the background, nothing is told.
        await Eventually.NotNull(async () => await _database.NumberAsync(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'") == 2 ? "both listen"
                : null);
        var prompt = (await there.AddAsync(New(), 0, default)).Prompt;
        await here.ReadSnapshotAsync(new(1, default) { Freshness = TimeSpan.Zero }, default);
        using var subscription = here.Notifier.Subscribe(prompt.Seq, text: false);
        await subscription.WaitAsync(TimeSpan.FromMilliseconds(200), TimeProvider.System, default);

        await there.CancelAsync(prompt.Id, default);

        await subscription.WaitAsync(Timeout.InfiniteTimeSpan, TimeProvider.System, default).WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(PromptStatus.Cancelled, (await here.FindAsync(prompt.Id, default))!.Status);
    }

    [StoreFact]
    public async Task A_worker_that_listens_is_woken_by_what_another_instance_queues()
    {
        await using var worker = await PostgresPromptStore.OpenAsync(_database.ConnectionString, _database.ConnectionString,
            TimeProvider.System);
        await using var serving = await PostgresPromptStore.OpenAsync(_database.ConnectionString, _database.ConnectionString,
            TimeProvider.System);
        await Eventually.NotNull(async () => await _database.NumberAsync(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'") == 2 ? "both listen"
                : null);
        var woken = new TaskCompletionSource();
        worker.Notifier.QueuedElsewhere += () => woken.TrySetResult();

        await serving.AddAsync(New(), 0, default);

        await woken.Task.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(1, (await worker.ReadSnapshotAsync(new(1, default) { Freshness = TimeSpan.FromHours(1) }, default)).Queued);
    }

    [StoreTheory]
    [InlineData(-3600)]
    [InlineData(3600)]
    public async Task The_databases_clock_rules_though_an_instances_is_off_by_an_hour(double seconds)
    {
        var off = new SettableTime(TimeProvider.System.GetUtcNow().AddSeconds(seconds));
        await using var odd = await PostgresPromptStore.OpenAsync(_database.ConnectionString, null, off);
        await using var right = await PostgresPromptStore.OpenAsync(_database.ConnectionString, null, TimeProvider.System);
        var first = (await odd.AddAsync(New(), 0, default)).Prompt;
        var second = (await right.AddAsync(New(), 0, default)).Prompt;
        Assert.True(first.Rank <= second.Rank && (second.CreatedAt - first.CreatedAt).Duration() < TimeSpan.FromSeconds(30));

        var lease = (await right.ClaimAsync(first.Seq, Terms, default))!.Lease;
        await odd.RecoverExpiredAsync(Terms, [], default);
        Assert.Equal(LeaseState.Held, await right.GetLeaseStateAsync(lease, default));

        // A time that a worker tells by its own clock is the same moment by the database's.
        var other = (await odd.ClaimAsync(second.Seq, Terms with { Concurrency = 2 }, default))!.Lease;
        await odd.RequeueAsync(other, "later", null, off.GetUtcNow().AddSeconds(100), counts: true, default);
        var due = (await right.FindAsync(second.Id, default))!.AvailableAt!.Value;
        Assert.InRange((due - TimeProvider.System.GetUtcNow()).TotalSeconds, 60, 101);
    }

    private async Task<PostgresPromptStore[]> OpenAsync(int count) => await Task.WhenAll(Enumerable.Range(0, count)
        .Select(_ => PostgresPromptStore.OpenAsync(_database.ConnectionString, null, TimeProvider.System)));

    private static async Task CloseAsync(PostgresPromptStore[] stores)
    {
        foreach (var store in stores)
            await store.DisposeAsync();
    }

    private static NewPrompt New() => new("hello", "m", "{}"u8.ToArray());
}
