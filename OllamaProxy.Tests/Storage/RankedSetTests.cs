using OllamaProxy.Storage.Sqlite;

namespace OllamaProxy.Tests.Storage;

public sealed class RankedSetTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Counts_agree_with_a_sorted_list_whatever_is_done(int seed)
    {
        var random = new Random(seed);
        var set = new RankedSet();
        var ranks = new Dictionary<long, long>();
        for (var step = 0; step < 20_000; step++)
        {
            var seq = random.NextInt64(5_000);
            if (random.Next(3) == 0)
            {
                set.Remove(seq);
                ranks.Remove(seq);
            }
            else
            {
                var rank = random.NextInt64(1_000);
                set.Set(seq, rank);
                ranks[seq] = rank;
            }
            if (step % 500 == 0)
                AssertAgrees(set, ranks, random);
        }
        AssertAgrees(set, ranks, random);
    }

    [Fact]
    public void An_empty_set_has_nothing_before_anything()
    {
        var set = new RankedSet();
        set.Remove(1);
        Assert.Equal((0, 0), (set.Count, set.CountBefore(0, 0)));
    }

    private static void AssertAgrees(RankedSet set, Dictionary<long, long> ranks, Random random)
    {
        Assert.Equal(ranks.Count, set.Count);
        for (var check = 0; check < 20; check++)
        {
            var (rank, seq) = (random.NextInt64(1_000), random.NextInt64(5_000));
            Assert.Equal(ranks.Count(queued => (queued.Value, queued.Key).CompareTo((rank, seq)) < 0), set.CountBefore(rank, seq));
        }
    }
}
