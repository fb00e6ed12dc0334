using OllamaProxy.Configuration;
using OllamaProxy.Prompts;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Worker;

/// <summary>Bulk prompts and their hours, from the store to Ollama. It is noon, and they may start from 22:00 to 06:00.</summary>
public sealed class BulkHoursTests
{
    private static readonly (string, string) Nights = ("OLLAMA_PROXY_BULK_HOURS", "22:00-06:00");

    /// <summary>So rarely that only the beginning of the hours wakes the worker.</summary>
    private static readonly (string, string) RarePolls = ("OLLAMA_POLL_INTERVAL", "3600");

    /// <summary>Nothing calls the worker again after its drain has ended.</summary>
    private static readonly (string, string) OneDrain = ("OLLAMA_PROXY_DRAIN_SECONDS", "172800");

    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(250);

    [Fact]
    public async Task A_bulk_prompt_starts_when_its_hours_begin_and_the_worker_wakes_for_that()
    {
        await using var rig = await WorkerRig.StartAsync(Nights, RarePolls, OneDrain, WorkerRig.LongLease);
        _ = rig.Drain();
        var bulk = await BulkAsync(rig, "bulk");
        var ordinary = await rig.SubmitAsync("ordinary");
        await rig.WhenAsync(ordinary, PromptStatus.Completed);

        AdvanceTo(rig, hour: 22, minus: TimeSpan.FromSeconds(1));
        Assert.Equal(PromptStatus.Queued, (await rig.FindAsync(bulk)).Status);
        rig.Time.Advance(TimeSpan.FromSeconds(1));
        // A leap of hours looks to the health check as if Ollama had not answered: that is found out within seconds.
        var started = await rig.AdvanceUntilEndedAsync(bulk, Step);
        Assert.InRange(started.StartedAt!.Value.TimeOfDay, TimeSpan.FromHours(22), TimeSpan.FromHours(22.2));
        // In these hours it is as any other.
        Assert.Equal(PromptStatus.Completed, (await rig.WhenEndedAsync(await BulkAsync(rig, "another"))).Status);
    }

    [Fact]
    public async Task Those_behind_a_long_queue_of_bulk_prompts_are_run_before_their_hours()
    {
        await using var rig = await WorkerRig.StartAsync(Nights, OneDrain, WorkerRig.LongLease);
        var bulk = new List<Guid>();
        for (var number = 0; number < 200; number++)
            bulk.Add(await BulkAsync(rig, $"bulk {number}"));
        rig.Time.Advance(TimeSpan.FromHours(1));
        var behind = await rig.SubmitAsync("behind");
        Assert.Equal(201, await PositionAsync(rig, behind));

        _ = rig.Drain();
        await rig.WhenAsync(behind, PromptStatus.Completed);
        Assert.All(rig.Ollama.Requests.All, request => Assert.Equal("behind", WorkerRig.Sent(request).Prompt));

        AdvanceTo(rig, hour: 22);
        foreach (var id in bulk)
            Assert.Equal(PromptStatus.Completed, (await rig.AdvanceUntilEndedAsync(id, Step)).Status);
    }

    [Fact]
    public async Task What_runs_when_the_hours_end_is_run_to_its_end_and_no_other_is_begun()
    {
        await using var rig = await WorkerRig.StartAsync(TimeSpan.FromSeconds(10), Nights, OneDrain, WorkerRig.LongLease);
        AdvanceTo(rig, hour: 30, minus: TimeSpan.FromSeconds(5));
        _ = rig.Drain();
        var runs = await BulkAsync(rig, "runs");
        await rig.Ollama.Requests.WaitForAsync(1).WaitAsync(WorkerRig.Patience);
        var waits = await BulkAsync(rig, "waits");

        Assert.Equal(PromptStatus.Completed, (await rig.AdvanceUntilEndedAsync(runs, Step)).Status);
        await rig.AdvanceUntilEndedAsync(await rig.SubmitAsync("ordinary"), Step);
        Assert.Equal(PromptStatus.Queued, (await rig.FindAsync(waits)).Status);
        Assert.Equal(2, rig.Ollama.Requests.Count);
    }

    [Fact]
    public async Task A_status_says_that_it_waits_for_its_hours_and_when_it_has_probably_ended()
    {
        await using var rig = await WorkerRig.StartAsync(
            TimeSpan.FromMinutes(6), Nights, OneDrain, WorkerRig.LongLease, ("OLLAMA_TIMEOUT", "86400"));
        _ = rig.Drain();
        await rig.AdvanceUntilEndedAsync(await rig.SubmitAsync("measured"), TimeSpan.FromSeconds(10));
        var first = await BulkAsync(rig, "first");
        // Ten hours of work, or some more: eight of them until six o'clock, and the rest in the next night.
        var later = first;
        for (var number = 0; number < 99; number++)
            later = await BulkAsync(rig, "later");

        var now = rig.Time.GetUtcNow();
        var (position, eta, reason) = (await rig.Queue.FindPositionAsync(await rig.FindAsync(first), default))!;
        Assert.Equal((1, WaitReason.BulkHours), (position, reason));
        Assert.Equal("bulk_hours", reason!.Value.Name());
        var run = now + eta!.Value - At(22);
        // It was measured by the clock of the test, which is moved while the store writes.
        Assert.InRange(run, TimeSpan.FromMinutes(6), TimeSpan.FromHours(8));
        var last = (await rig.Queue.FindPositionAsync(await rig.FindAsync(later), default))!;
        Assert.Equal(BulkHours.Parse("22:00-06:00").UntilDone(now, 100 * run).TotalSeconds, last.Eta!.Value.TotalSeconds, tolerance: 1);
        // At 22 o'clock of the next day the second night begins.
        Assert.True(now + last.Eta > At(47));
        var ordinary = await rig.FindAsync(await rig.SubmitAsync("ordinary", prompt => prompt with { Priority = 0 }));
        Assert.NotEqual(WaitReason.BulkHours, (await rig.Queue.FindPositionAsync(ordinary, default))?.WaitsFor);

        DateTimeOffset At(double hours) => new DateTimeOffset(now.Date, TimeSpan.Zero).AddHours(hours);
    }

    private static Task<Guid> BulkAsync(WorkerRig rig, string text) => rig.SubmitAsync(text, prompt => prompt with { Priority = -1 });

    private static async Task<long> PositionAsync(WorkerRig rig, Guid id) =>
        (await rig.Queue.FindPositionAsync(await rig.FindAsync(id), default))!.Position;

    /// <summary>Moves the clock to an hour, counted from the midnight before.</summary>
    private static void AdvanceTo(WorkerRig rig, double hour, TimeSpan minus = default) => rig.Time.Advance(
        new DateTimeOffset(2026, 2, 21, 0, 0, 0, TimeSpan.Zero).AddHours(hour) - minus - rig.Time.GetUtcNow());
}
