using OllamaProxy.Protocol;
using OllamaProxy.Storage;
using OllamaProxy.Storage.Caching;
using OllamaProxy.Storage.Sqlite.Caching;

namespace OllamaProxy.Tests.Storage.Caching;

public sealed class QueuePositionIndexTests
{
    private static readonly Guid Me = Guid.NewGuid();
    private static readonly Guid Other = Guid.NewGuid();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Counts_and_offers_agree_with_a_plain_list_whatever_is_done(int seed)
    {
        var random = new Random(seed);
        var index = new QueuePositionIndex();
        var queued = new Dictionary<long, (QueuedPrompt Prompt, long AvailableAt, Guid Worker)>();
        for (var step = 0; step < 20_000; step++)
        {
            var seq = random.NextInt64(3_000);
            if (random.Next(3) == 0)
            {
                index.Remove(seq);
                queued.Remove(seq);
            }
            else
            {
                var model = random.Next(4) is var number && number == 0 ? null : number == 1 ? "M2:LATEST" : $"m{number}";
                var prompt = new QueuedPrompt(seq, model, random.NextInt64(1_000), random.Next(-1, 1), DateTimeOffset.UnixEpoch)
                {
                    LoadOptions = random.Next(3) == 0 ? "num_ctx=8192" : "",
                    Account = random.Next(3) == 0 ? "alice" : "",
                };
                // Some are only moved, and due at the same time as before.
                var availableAt = random.Next(4) == 0 && queued.TryGetValue(seq, out var before) ? before.AvailableAt
                    : random.Next(4) == 0 ? random.NextInt64(40_000)
                    : 0;
                queued[seq] = (prompt, availableAt, random.Next(6) switch { 0 => Me, 1 => Other, _ => Guid.Empty });
                index.Set(queued[seq].Prompt, queued[seq].AvailableAt, queued[seq].Worker);
            }
            // Now and then the clock goes back.
            if (step % 500 == 0)
                AssertAgrees(random.Next(4) == 0 ? step / 2 : step);
        }

        void AssertAgrees(long now)
        {
            Assert.Equal(queued.Count, index.Count);
            for (var check = 0; check < 20; check++)
            {
                var key = (random.NextInt64(1_000), random.NextInt64(3_000));
                Assert.Equal(queued.Values.Count(one => one.Prompt.Key.CompareTo(key) < 0), index.CountBefore(key));
            }
            var leased = new HashSet<long>(queued.Keys.Where(key => key % 97 == 0));
            var holdsBulk = random.Next(2) == 0;
            var expected = queued.Values
                .Where(one => one.AvailableAt <= now && !(holdsBulk && one.Prompt.IsBulk) && (one.Worker == Guid.Empty || one.Worker == Me)
                    && !leased.Contains(one.Prompt.Seq))
                .GroupBy(one => (one.Prompt.Account, one.Prompt.Model is { } model ? ModelName.Canonical(model) : null,
                    one.Prompt.LoadOptions, one.Worker))
                .SelectMany(group => group.Select(one => one.Prompt).OrderBy(prompt => prompt.Key).Take(2))
                .OrderBy(prompt => prompt.Key);
            var terms = new SnapshotTerms(2, Me) { FirstModels = 32, HoldsBulk = holdsBulk };
            Assert.Equal(expected, index.Offer(terms, leased, now, out var isPartial).OrderBy(prompt => prompt.Key));
            Assert.False(isPartial);
            Assert.Equal(
                holdsBulk ? queued.Values.Count(one => one.Prompt.IsBulk && one.AvailableAt <= now) : 0, index.Held);
        }
    }

    [Fact]
    public void Of_too_many_models_the_first_are_offered_and_those_that_a_backend_with_room_has()
    {
        var index = new QueuePositionIndex();
        for (var seq = 0; seq < 5_000; seq++)
            index.Set(new(seq, $"invented-{seq}", seq, 0, DateTimeOffset.UnixEpoch), 0, Guid.Empty);
        foreach (var (seq, model) in new[] { (6_001, "a"), (6_002, "b"), (6_003, "a"), (6_004, "A:latest") })
            index.Set(new(seq, model, seq, 0, DateTimeOffset.UnixEpoch), 0, Guid.Empty);
        index.Set(new(6_005, null, 6_005, 0, DateTimeOffset.UnixEpoch), 0, Guid.Empty);

        var offered = index.Offer(
            new(9, Me) { ModelsWithRoom = [new HashSet<string> { "a:latest", "c:latest" }] }, new HashSet<long>(), 0, out var isPartial);

        Assert.True(isPartial);
        Assert.InRange(offered.Count, 12, 40);
        Assert.Equal([6_001L, 6_003L, 6_004L, 6_005L], offered.Where(prompt => prompt.Seq > 6_000).Select(prompt => prompt.Seq));
        Assert.Equal(
            Enumerable.Range(0, 8).Select(seq => (long)seq), offered.Where(prompt => prompt.Seq < 5_000).Select(prompt => prompt.Seq));
    }

    [Fact]
    public void Of_too_many_accounts_the_first_are_offered_the_least_served_and_those_within_the_window_whose_model_is_loaded()
    {
        var index = new QueuePositionIndex();
        foreach (var account in Enumerable.Range(0, 1_000))
            foreach (var prompt in Enumerable.Range(0, 3))
            {
                // What the first hundred want is on no backend with room; the loaded model is wanted by every tenth of the others, of whom
                // the first is among the least served.
                var model = account < 100 ? "elsewhere" : account % 10 == 0 ? "loaded" : "a";
                var seq = (prompt * 1_000) + account;
                index.Set(new(seq, model, -seq, 0, DateTimeOffset.UnixEpoch) { Account = $"{account}" }, 0, Guid.Empty);
            }

        var terms = new SnapshotTerms(3, Me)
        {
            Accounts = 8,
            CounterOf = account => int.Parse(account),
            FairnessWindow = 200,
            ModelsWithRoom = [new HashSet<string> { "a:latest", "loaded:latest" }],
            Loaded = new HashSet<LoadKey> { "loaded:latest" },
        };
        var offered = index.Offer(terms, new HashSet<long>(), 0, out var isPartial);

        Assert.True(isPartial);
        Assert.Equal(1_000, index.DueAccounts.Count);
        Assert.Equal(
            [
                .. Enumerable.Range(0, 4), .. Enumerable.Range(100, 4), .. Enumerable.Range(11, 7).Select(ten => 10 * ten),
                .. Enumerable.Range(996, 4),
            ],
            offered.Select(prompt => int.Parse(prompt.Account)).Distinct().Order());
        foreach (var seq in Enumerable.Range(0, 3_000))
            index.Remove(seq);
        Assert.Empty(index.DueAccounts);
    }

    [Fact]
    public void Of_many_accounts_that_want_the_same_loaded_model_each_is_offered_no_more_than_its_share()
    {
        var index = new QueuePositionIndex();
        for (var seq = 0; seq < 10_000; seq++)
            index.Set(new(seq, "a", seq, 0, DateTimeOffset.UnixEpoch) { Account = $"{seq % 1_000}" }, 0, Guid.Empty);

        var loaded = new HashSet<LoadKey> { "a:latest" };
        var offered = index.Offer(new(64, Me) { Accounts = 64, FairnessWindow = 4_000, Loaded = loaded }, new HashSet<long>(), 0, out _);

        // As many accounts as there may be claims from one snapshot, and all of them are cut: the next look offers what follows.
        Assert.Equal(Enumerable.Range(0, 64).SelectMany(account => new[] { account, account + 1_000L }).Order(),
            offered.Select(prompt => prompt.Seq));
        Assert.Equal(64, index.CutAccounts.Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Where_slots_are_reserved_the_first_that_may_use_them_are_offered_behind_others_of_their_group(bool hasReservedSlots)
    {
        var index = new QueuePositionIndex();
        for (var seq = 0; seq < 5_000; seq++)
            index.Set(new(seq, "a", seq, 0, DateTimeOffset.UnixEpoch), 0, Guid.Empty);
        foreach (var seq in new[] { 6_001, 6_002, 6_003, 6_004 })
            index.Set(new(seq, "a", seq, seq == 6_002 ? 0 : 1, DateTimeOffset.UnixEpoch), 0, Guid.Empty);
        index.Remove(6_003);

        var offered = index.Offer(
            new(2, Me) { HasReservedSlots = hasReservedSlots }, new HashSet<long> { 0 }, 0, out _).Select(prompt => prompt.Seq);

        Assert.Equal(hasReservedSlots ? [1, 2, 6_001, 6_004] : [1L, 2], offered);
    }

    [Fact]
    public void An_empty_queue_has_nothing()
    {
        var index = new QueuePositionIndex();
        index.Remove(1);
        Assert.Equal((0, 0), (index.Count, index.CountBefore((0, 0))));
        Assert.Empty(index.Offer(new(1, Me), new HashSet<long>(), 0, out var isPartial));
        Assert.False(isPartial);
    }
}
