using System.Collections.Immutable;
using OllamaProxy.Scheduling;
using OllamaProxy.Storage;

using static OllamaProxy.Tests.Scheduling.SchedulerNotation;

namespace OllamaProxy.Tests.Scheduling;

/// <summary>Only so many prompts of an owner are begun; the others let those of others pass.</summary>
public sealed class OwnerRoomTests
{
    private static readonly Scheduler Policy = new(TimeSpan.FromSeconds(60), WaitForModel: false, DefaultModel: "a");

    [Theory]
    [InlineData("4/", "alice:2", "alice alice alice bob bob", "1 2 4 5")]
    [InlineData("4/", "alice:0", "alice alice bob", "3")]
    [InlineData("4/", "alice:-1", "alice alice bob", "3")]
    [InlineData("4/", "alice:1", "alice/1 alice/2 bob alicent", "1 3 4")] // One who serves many people has one limit.
    [InlineData("1/", "alice:1", "alice! bob", "1")]
    [InlineData("2/", "alice:1", "alice! alice! bob", "1 3")] // A prompt of a higher priority that may not run holds up nobody.
    [InlineData("4/", "bob:9", "alice bob alice", "1 2 3")]
    public void No_more_of_an_owner_are_begun_than_there_is_room_for(string backend, string limit, string queue, string expected)
    {
        var room = new OwnerRoom(ImmutableDictionary<string, int>.Empty.Add(limit.Split(':')[0], int.Parse(limit.Split(':')[1])));
        var prompts = queue.Split(' ').Select((account, index) =>
            Prompt(index + 1, "a", account.EndsWith('!') ? 10 : 0) with { Account = account.TrimEnd('!') });

        var schedule = Policy.Decide(prompts, BackendPool($"one {backend.TrimEnd('/')} {{a}}"), NoHistory, Noon, room: room);

        Assert.Equal(expected, string.Join(' ', schedule.Assignments.Select(assignment => assignment.Prompt.Seq).Order()));
    }
}
