using OllamaProxy.Prompts;
using OllamaProxy.Storage;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Storage.Sqlite;

/// <summary>What a store tells while it, and other processes on its file, change what it remembers.</summary>
public sealed class SharedFileTests : SqliteStoreTest
{
    [Fact]
    public async Task Two_processes_on_one_file_share_the_queue_and_its_leases()
    {
        await using var other = Open();
        var added = await AddAsync("hello");
        await AddAsync("world");

        Assert.Equal(added, await other.FindAsync(added.Id, default));
        var terms = new ClaimTerms(1, TimeSpan.FromMinutes(1), 3, "here");
        var claimed = await other.ClaimAsync(terms, default);
        Assert.Null(await ClaimAsync(terms));
        await other.CompleteAsync(claimed!.Lease, new("Paris", null, GenerationStatistics.None), default);
        Assert.NotNull(await ClaimAsync(terms));
    }

    [Fact]
    public async Task A_process_knows_for_an_hour_that_another_one_has_written()
    {
        await using var other = Open();
        await AddAsync("here");
        Assert.False(Store.IsShared);

        await other.AddAsync(New("there"), 0, default);
        await AddAsync("here");
        Assert.True(Store.IsShared);

        Time.Advance(TimeSpan.FromHours(1));
        await AddAsync("here");
        Assert.False(Store.IsShared);
    }

    [Fact]
    public async Task A_position_counts_what_another_process_queued_and_claimed_within_a_second()
    {
        await using var other = Open();
        await other.AddAsync(New("ahead"), 0, default);
        await other.AddAsync(New("ahead too"), 0, default);
        var mine = await AddAsync("mine");
        Assert.Equal(2, await Store.CountAheadAsync(mine, default));

        await other.ClaimAsync(new ClaimTerms(10, TimeSpan.FromHours(1), 3, "there"), default);
        Time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(1, await Store.CountAheadAsync(mine, default));
        Assert.Equal(1, await Store.CountAheadAsync(mine, default));
    }

    [Fact]
    public async Task A_position_is_right_at_once_after_every_change_of_this_process()
    {
        var first = await AddAsync("first");
        var second = await AddAsync("second");
        var third = await AddAsync("third");
        var claimed = await ClaimAsync();
        Assert.Equal(1, await Store.CountAheadAsync(third, default));
        await Store.ReleaseAsync(claimed!.Lease, null, default);
        Assert.Equal(2, await Store.CountAheadAsync(third, default));
        await Store.CancelAsync(first.Id, default);
        Assert.Equal(1, await Store.CountAheadAsync(third, default));
        var moved = (await Store.ChangePriorityAsync(third.Id, 1, default)).Prompt!;
        Assert.Equal((0, 1), (await Store.CountAheadAsync(moved, default), await Store.CountAheadAsync(second, default)));
        await Store.DeleteAsync(third.Id, default);
        await Store.RetryAsync(first.Id, default);
        Assert.Equal(1, await Store.CountAheadAsync(second, default));
    }

    [Fact]
    public async Task A_prompt_that_another_process_changed_is_seen_within_a_second()
    {
        await using var other = Open();
        var added = await AddAsync("hello");
        Assert.Equal(added, await Store.FindAsync(added.Id, default));

        await other.CancelAsync(added.Id, default);
        Time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(PromptStatus.Cancelled, (await Store.FindAsync(added.Id, default))!.Status);
    }

    [Fact]
    public async Task A_change_is_seen_by_whoever_made_it_however_many_ask_meanwhile()
    {
        var added = await AddAsync("hello");
        using var stop = new CancellationTokenSource();
        var asking = Enumerable.Range(0, 2).Select(_ => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                await Store.FindAsync(added.Id, default);
                await Task.Yield(); // Else it would leave the writer no core.
            }
        })).ToList();

        for (var n = 0; n < 300; n++)
        {
            await Store.ChangePriorityAsync(added.Id, n % 100, default);
            Assert.Equal(n % 100, (await Store.FindAsync(added.Id, default))!.Priority);
        }
        await Store.DeleteAsync(added.Id, default);
        Assert.Null(await Store.FindAsync(added.Id, default));
        await stop.CancelAsync();
        await Task.WhenAll(asking);
    }

    [Fact]
    public async Task More_prompts_can_be_asked_for_than_are_kept()
    {
        var added = await Store.AddBatchAsync(Guid.NewGuid(), [.. Enumerable.Repeat(new NewPrompt("x", "m", "{}"u8.ToArray()), 5000)], 0,
            default);
        for (var round = 0; round < 2; round++)
            foreach (var prompt in added)
                Assert.Equal(prompt, await Store.FindAsync(prompt.Id, default));
    }

    [Fact]
    public async Task What_another_process_writes_is_told_also_after_the_file_was_locked()
    {
        var prompt = await AddAsync("watched");
        using var subscription = Store.Notifier.Subscribe(prompt.Seq, text: false);
        await StorageRig.WriterOfAsync(Store);
        using (StorageRig.Lock(File))
        {
            var write = AddAsync("refused");
            Store.CatchUpSoon();
            await Assert.ThrowsAsync<StoreException>(() => write);
            Store.CatchUpSoon();
        }
        await subscription.WaitAsync(TimeSpan.Zero, TimeProvider.System, default);

        Sql("UPDATE prompts SET status = 'cancelled'");
        Store.CatchUpSoon();
        await subscription.WaitAsync(Timeout.InfiniteTimeSpan, TimeProvider.System, default).WaitAsync(TimeSpan.FromSeconds(30));
    }
}
