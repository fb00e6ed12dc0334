using OllamaProxy.Storage;
using OllamaProxy.Storage.Caching;

namespace OllamaProxy.Tests.Storage.Caching;

public sealed class AccountQueueTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void The_first_key_is_that_of_the_first_group_whatever_is_done(int seed)
    {
        var random = new Random(seed);
        var workers = new[] { Guid.Empty, Guid.NewGuid(), Guid.NewGuid() };
        var queue = new AccountQueue("alice");
        var due = new List<(PromptGroup Group, (long Rank, long Seq) Key)>();
        for (var seq = 0L; seq < 5_000; seq++)
        {
            // More come than go, and then the reverse.
            if (due.Count > 0 && random.Next(seq / 500 % 2 == 0 ? 4 : 2) == 0)
            {
                var (group, key) = due[random.Next(due.Count)];
                due.Remove((group, key));
                queue.Leave(group, key);
            }
            else
            {
                var group = queue.Enter($"m{random.Next(3)}", "", workers[random.Next(3)]);
                var key = (random.NextInt64(100), seq);
                queue.SetDue(group, Of(key));
                due.Add((group, key));
            }
            foreach (var worker in workers)
                Assert.Equal(queue.Heads(worker).FirstOrDefault()?.Keys.First, queue.First(worker));
        }
    }

    [Fact]
    public void Without_due_prompts_there_is_no_first_key()
    {
        var queue = new AccountQueue("alice");
        var group = queue.Enter("m", "", Guid.Empty);
        Assert.Null(queue.First(Guid.Empty));
        queue.SetDue(group, Of((1, 1)));
        Assert.Equal((1, 1), queue.First(Guid.NewGuid()));
        queue.Leave(group, (1, 1));
        Assert.Null(queue.First(Guid.Empty));
    }

    private static QueuedPrompt Of((long Rank, long Seq) key) => new(key.Seq, "m", key.Rank, 0, default);
}
