using System.Security.Cryptography;
using Microsoft.Data.Sqlite;
using OllamaProxy.Prompts;
using OllamaProxy.Statistics;
using OllamaProxy.Storage;
using OllamaProxy.Storage.Copying;
using OllamaProxy.Storage.Sqlite.Engine;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Storage.Copying;

/// <summary>Copies between the stores, in every direction.</summary>
public sealed class PostgresCopyTests : IAsyncLifetime
{
    private CopyRig Rig { get; } = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await Rig.DisposeAsync();

    [StoreTheory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    public async Task What_went_there_and_back_is_as_it_was_and_so_is_the_source(bool fromPostgres, bool toPostgres)
    {
        var source = await Rig.EmptyAsync(fromPostgres, "source.db");
        var there = await Rig.EmptyAsync(toPostgres, "there.db");
        var back = await Rig.EmptyAsync(fromPostgres, "back.db");
        var added = await Rig.WithStoreAsync(source, store => OddPrompts.AddAsync(store, Rig.Time.Advance));
        await Rig.WithStoreAsync(source, async store =>
        {
            await store.PauseAsync(PauseScope.Model, "ü:latest", default);
            return true;
        });
        var pauses = await Rig.WithStoreAsync(source, store => store.ListPausesAsync(default));
        var before = await Rig.WithStoreAsync(source, OddPrompts.DescribeAsync);
        var used = await Rig.WithStoreAsync(source, UsageAsync);
        Assert.NotEmpty(used);
        var file = fromPostgres ? null : await HashAsync(source.Value);

        var first = await CopyRig.CopyAsync(source, there);
        var second = await CopyRig.CopyAsync(there, back);

        Assert.True(first.IsExact && second.IsExact);
        Assert.Equal(first.Hash, second.Hash);
        Assert.Equal((added, added), ((int)first.Counts.Sum(count => count.Source), (int)first.Counts.Sum(count => count.Copy)));
        Assert.Equal(file, fromPostgres ? null : await HashAsync(source.Value));
        foreach (var address in new[] { source, there, back })
        {
            Assert.Equal(before, await Rig.WithStoreAsync(address, OddPrompts.DescribeAsync));
            Assert.Equal(pauses, await Rig.WithStoreAsync(address, store => store.ListPausesAsync(default)));
            Assert.Equal(used, await Rig.WithStoreAsync(address, UsageAsync));
        }

        static Task<IReadOnlyList<UsageSum>> UsageAsync(IPromptStore store) =>
            store.ReadUsageAsync(new(new(2000, 1, 1), new(2100, 1, 1), UsageKey.Model, null), default);
    }

    [StoreTheory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public async Task A_copy_goes_on_as_its_source_would_have(bool fromPostgres, bool toPostgres)
    {
        var source = await Rig.EmptyAsync(fromPostgres, "source.db");
        var copy = await Rig.EmptyAsync(toPostgres, "copy.db");
        var added = await Rig.WithStoreAsync(source, store => OddPrompts.AddAsync(store, Rig.Time.Advance));
        await CopyRig.CopyAsync(source, copy);
        Rig.Time.Advance(TimeSpan.FromHours(1));

        var (expected, left) = await Rig.WithStoreAsync(source, OddPrompts.RunAsync);
        var (claimed, held) = await Rig.WithStoreAsync(copy, OddPrompts.RunAsync);

        Assert.True(expected.Count > 5);
        Assert.Equal(expected, claimed);
        Assert.Equal(left, held);
        await Rig.WithStoreAsync(copy, async store =>
        {
            // The numbers go on behind those that were copied, and so do all others.
            var repeated = await store.AddAsync(OddPrompts.Keyed, 0, default);
            Assert.Equal((SubmissionOutcome.Repeated, 1), (repeated.Outcome, repeated.Prompt.Seq));
            var conflicting = await store.AddAsync(OddPrompts.Keyed with { Fingerprint = new byte[] { 9 } }, 0, default);
            Assert.Equal(SubmissionOutcome.Conflicting, conflicting.Outcome);
            var longText = new string('x', LongText.MaxShort + 1);
            var next = (await store.AddAsync(new(longText, "m", "{}"u8.ToArray()), 0, default)).Prompt;
            Assert.Equal(added + 2, next.Seq);
            var lease = (await store.ClaimAsync(next.Seq, new(1, TimeSpan.FromMinutes(1), 3, "there"), default))!.Lease;
            Assert.True(await store.CompleteAsync(lease, new(longText, null, GenerationStatistics.None), default));
            Assert.Equal(added + 1, (await store.ListAsync(new(1, 100), default)).Total);
            Assert.Equal(2, (await store.ListAsync(new(2, added - 1), default)).Prompts.Count);
            Assert.True(await store.DeleteAsync(next.Id, default));
            return true;
        });
    }

    [StoreTheory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(false, false)]
    public async Task A_copy_that_was_broken_off_goes_on_and_nobody_works_on_it_until_then(bool fromPostgres, bool toPostgres)
    {
        var source = await Rig.EmptyAsync(fromPostgres, "source.db");
        var other = await Rig.EmptyAsync(fromPostgres, "other.db");
        var copy = await Rig.EmptyAsync(toPostgres, "copy.db");
        await Rig.QueueManyAsync(source, 2500);
        await Rig.QueueManyAsync(other, 1);

        Assert.Equal(1000, await CopyRig.BreakOffAsync(source, copy));

        await Rig.ClosedAsync(copy);
        var refused = await Assert.ThrowsAsync<StoreException>(() => Rig.WithStoreAsync(copy, OddPrompts.DescribeAsync));
        Assert.Contains("holds an unfinished copy", refused.Message, StringComparison.Ordinal);
        Assert.Contains("unfinished copy", (await Assert.ThrowsAsync<StoreException>(() =>
            CopyRig.CopyAsync(copy, other))).Message, StringComparison.Ordinal);
        Assert.Contains($"unfinished copy of {source.Name}", (await Assert.ThrowsAsync<StoreException>(() =>
            CopyRig.CopyAsync(other, copy))).Message, StringComparison.Ordinal);
        var report = await CopyRig.CopyAsync(source, copy);
        Assert.True(report.IsExact);
        Assert.Equal([new("queued", 2500, 2500)], report.Counts);
        Assert.Equal(2500, await Rig.WithStoreAsync(
            copy, async store => (await store.CountAsync(null, null, default))[PromptStatus.Queued]));
    }

    [StoreTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_database_that_holds_prompts_is_not_copied_into(bool toPostgres)
    {
        var (source, copy) = (Rig.Sqlite("source.db"), await Rig.EmptyAsync(toPostgres, "copy.db"));
        await Rig.QueueManyAsync(source, 3);
        await Rig.QueueManyAsync(copy, 2);

        var refused = await Assert.ThrowsAsync<StoreException>(() => CopyRig.CopyAsync(source, copy));

        Assert.Contains("holds 2 prompts that are no part of this copy", refused.Message, StringComparison.Ordinal);
        Assert.Equal(2, await Rig.WithStoreAsync(copy, async store => (await store.ListAsync(new(1, 10), default)).Total));
        // Once they are gone, it is as good as new.
        await Rig.WithStoreAsync(copy, async store =>
        {
            foreach (var (prompt, _) in (await store.ListAsync(new(1, 10), default)).Prompts)
                await store.DeleteAsync(prompt.Id, default);
            return true;
        });
        Assert.True((await CopyRig.CopyAsync(source, copy)).IsExact);
        Assert.Equal(3, (await Rig.WithStoreAsync(copy, store => store.ListAsync(new(1, 10), default))).Prompts.Count);
    }

    [StoreTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_database_with_leases_that_are_good_is_not_copied(bool fromPostgres)
    {
        var source = await Rig.EmptyAsync(fromPostgres, "source.db");
        await Rig.WithStoreAsync(source, async store =>
        {
            await store.AddAsync(new("hello", "m", "{}"u8.ToArray()), 0, default);
            return await store.ClaimAsync(new(1, TimeSpan.FromMinutes(1), 3, "here"), default);
        }, TimeProvider.System);

        var refused = await Assert.ThrowsAsync<StoreException>(() => CopyRig.CopyAsync(source, Rig.Sqlite("copy.db")));

        Assert.Contains("is in use: 1 leases", refused.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(Rig.Folder.File("copy.db")));
    }

    [StoreTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_copy_whose_source_changed_meanwhile_is_told_from_an_exact_one(bool toPostgres)
    {
        var (source, copy) = (Rig.Sqlite("source.db"), await Rig.EmptyAsync(toPostgres, "copy.db"));
        await Rig.QueueManyAsync(source, 1500);
        await CopyRig.BreakOffAsync(source, copy);
        using (var connection = new SqliteConnection($"Data Source={source.Value};Pooling=False"))
        {
            connection.Open();
            connection.Execute("UPDATE prompts SET priority = 7 WHERE seq = 500");
        }

        var report = await CopyRig.CopyAsync(source, copy);

        Assert.False(report.IsExact);
        Assert.Equal((1L, 1000L), report.FirstDifference);
        await Assert.ThrowsAsync<StoreException>(() => Rig.WithStoreAsync(copy, OddPrompts.DescribeAsync));
    }

    private static async Task<string> HashAsync(string file)
    {
        await using var stream = File.OpenRead(file);
        return Convert.ToHexString(await SHA256.HashDataAsync(stream));
    }
}
