using OllamaProxy.Prompts;
using OllamaProxy.Simulator;
using OllamaProxy.Simulator.Faults;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Worker;

/// <summary>What a worker does about the lease of a prompt that it runs.</summary>
public sealed class WorkerLeaseTests
{
    [Fact]
    public async Task A_lease_is_renewed_for_as_long_as_a_silent_attempt_runs()
    {
        await using var rig = await WorkerRig.StartAsync(("OLLAMA_PROXY_LEASE_SECONDS", "30"));
        var other = await rig.OpenSecondStoreAsync();
        rig.Ollama.Faults.Enqueue(Fault.Hang);
        var id = await rig.SubmitAsync("slow");
        _ = rig.Drain();
        await rig.Ollama.Requests.WaitForAsync(1).WaitAsync(WorkerRig.Patience);

        for (var tick = 0; tick < 10; tick++)
        {
            var before = await LeaseEndAsync(rig);
            rig.Time.Advance(TimeSpan.FromSeconds(10));
            await Eventually.NotNull(async () => await LeaseEndAsync(rig) > before ? "renewed" : null);
        }

        Assert.Null(await other.ClaimAsync(new(10, TimeSpan.FromSeconds(30), 5, "here"), default));
        Assert.Equal((PromptStatus.Processing, 1), await rig.FindAsync(id) is var prompt ? (prompt.Status, prompt.Attempts) : default);
    }

    [Fact]
    public async Task A_worker_that_lost_its_lease_stops_the_generation_and_writes_nothing()
    {
        await using var rig = await WorkerRig.StartAsync(("OLLAMA_PROXY_LEASE_SECONDS", "30"));
        var other = await rig.OpenSecondStoreAsync();
        rig.Ollama.Faults.Enqueue(Fault.Stall(1));
        var id = await rig.SubmitAsync("lost");
        _ = rig.Drain();
        await rig.Ollama.Requests.WaitForAsync(1).WaitAsync(WorkerRig.Patience);

        // As after a pause of this process that was longer than the lease.
        await rig.Home.QueryAsync("UPDATE leases SET expires_at = 0");
        var holder = await other.ClaimAsync(new(10, TimeSpan.FromHours(1), 5, "here"), default);
        Assert.Equal((id, 2), (holder!.Id, holder.Attempt));
        rig.Time.Advance(TimeSpan.FromSeconds(10));

        var request = rig.Ollama.Requests.All.Single();
        await request.Ended.WaitAsync(WorkerRig.Patience);
        await Eventually.True(() => rig.Log.Lines.Any(line => line.Contains("lease was lost", StringComparison.Ordinal)));
        Assert.True(request.ClosedByClient);
        Assert.Equal(PromptStatus.Processing, (await rig.FindAsync(id)).Status);
        Assert.True(await other.CompleteAsync(holder.Lease, new("Paris", null, GenerationStatistics.None), default));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_cancel_stops_the_generation_within_a_second_whichever_process_it_comes_to(bool fromElsewhere)
    {
        await using var rig = await WorkerRig.StartAsync(WorkerRig.TwoSlots);
        var other = await rig.OpenSecondStoreAsync();
        rig.Ollama.Faults.Enqueue(Fault.Stall(2));
        var id = await rig.SubmitAsync("cancelled");
        _ = rig.Drain();
        await rig.Ollama.Requests.WaitForAsync(1).WaitAsync(WorkerRig.Patience);

        if (fromElsewhere)
            await other.CancelAsync(id, default);
        else
            await rig.Queue.CancelAsync(id, default);
        rig.Time.Advance(TimeSpan.FromSeconds(1));

        var request = rig.Ollama.Requests.All.Single();
        await request.Ended.WaitAsync(WorkerRig.Patience);
        Assert.True(request.ClosedByClient);
        await Eventually.NotNull(async () => (await rig.Store.ListAttemptsAsync(id, default)).Single().EndedAt is null ? null : "ended");
        Assert.Equal((PromptStatus.Cancelled, 1), await rig.FindAsync(id) is var prompt ? (prompt.Status, prompt.Attempts) : default);
    }

    private static Task<long> LeaseEndAsync(WorkerRig rig) => rig.Home.NumberAsync("SELECT expires_at FROM leases");
}
