using OllamaProxy.Prompts;
using OllamaProxy.Storage;
using OllamaProxy.Tests.Support;
using OllamaProxy.Tests.Support.Timing;

namespace OllamaProxy.Tests.Worker;

/// <summary>The wall clock is set while a prompt runs: the worker is there all the same.</summary>
public sealed class ClockJumpTests
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(200);

    [Theory]
    [InlineData(30)]
    [InlineData(61)]
    [InlineData(3600)]
    [InlineData(86_400 * 365)]
    [InlineData(-3600)]
    [InlineData(-86_400 * 365)]
    public async Task What_runs_is_not_started_again_when_the_wall_clock_is_set(int seconds)
    {
        var time = new SettableTime(new(2026, 2, 21, 12, 0, 0, TimeSpan.Zero));
        await using var rig = await WorkerRig.StartAsync(time, TimeSpan.FromSeconds(100), ("OLLAMA_CONCURRENCY", "2"));
        var other = await rig.OpenSecondStoreAsync();
        var id = await rig.SubmitAsync("long");
        _ = rig.Drain();
        await rig.Ollama.Requests.WaitForAsync(1).WaitAsync(WorkerRig.Patience);
        var terms = new ClaimTerms(2, TimeSpan.FromMinutes(1), 5, "elsewhere");
        await other.RecoverExpiredAsync(terms, [], default);

        time.SetForward(TimeSpan.FromSeconds(seconds));

        var (lease, sinceRenewal) = (0L, TimeSpan.Zero);
        var ended = await Eventually.NotNull(async () =>
        {
            // A worker that is there renews its lease every 20 seconds. The clock waits for a busy machine to do so.
            if (sinceRenewal < TimeSpan.FromSeconds(25))
            {
                rig.Time.Advance(Step);
                sinceRenewal += Step;
            }
            await other.RecoverExpiredAsync(terms, [], default);
            if (await LeaseEndAsync(rig) is var now && now != lease)
                (lease, sinceRenewal) = (now, TimeSpan.Zero);
            return await rig.FindAsync(id) is { } prompt && prompt.Status.HasEnded() ? prompt : null;
        });
        Assert.Equal((PromptStatus.Completed, 1, 1), (ended.Status, ended.Attempts, rig.Ollama.Requests.Count));
    }

    private static Task<long> LeaseEndAsync(WorkerRig rig) => rig.Home.NumberAsync("SELECT coalesce(max(expires_at), 0) FROM leases");
}
