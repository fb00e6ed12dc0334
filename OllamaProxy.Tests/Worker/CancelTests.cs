using OllamaProxy.Prompts;
using OllamaProxy.Simulator.Faults;
using OllamaProxy.Simulator.Generation;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Worker;

/// <summary>What ends an attempt from outside, on a clock that stands still: nothing here waits for the next look at a lease.</summary>
public sealed class CancelTests
{
    public static TheoryData<string, Fault> WhatRuns
    {
        get
        {
            var data = new TheoryData<string, Fault>();
            foreach (var how in new[] { "cancel", "delete" })
            {
                data.Add(how, Fault.Hang);
                data.Add(how, Fault.Stall(0));
                data.Add(how, Fault.Stall(3));
            }
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(WhatRuns))]
    public async Task What_is_cancelled_or_deleted_in_the_workers_process_stops_at_once_and_the_next_prompt_runs(string how, Fault fault)
    {
        await using var rig = await WorkerRig.StartAsync();
        rig.Ollama.Faults.Enqueue(fault);
        var id = await rig.SubmitAsync("stops");
        _ = rig.Drain();
        await rig.Ollama.Requests.WaitForAsync(1).WaitAsync(WorkerRig.Patience);
        var next = await rig.SubmitAsync("next");

        await EndAsync(rig, how, id);

        await rig.WhenAsync(next, PromptStatus.Completed);
        await rig.Ollama.Requests.All[0].Ended.WaitAsync(WorkerRig.Patience);
        Assert.True(rig.Ollama.Requests.All[0].ClosedByClient);
        Assert.Equal(how == "cancel" ? PromptStatus.Cancelled : null, (await rig.Store.FindAsync(id, default))?.Status);
    }

    [Theory]
    [InlineData("cancel")]
    [InlineData("delete")]
    public async Task Of_many_that_run_only_the_one_that_was_meant_stops(string how)
    {
        await using var rig = await WorkerRig.StartAsync(("OLLAMA_CONCURRENCY", "4"));
        rig.Ollama.Faults.Enqueue(Fault.Stall(2), 4);
        var ids = new List<Guid>();
        for (var i = 0; i < 4; i++)
            ids.Add(await rig.SubmitAsync($"prompt {i}"));
        _ = rig.Drain();
        await rig.Ollama.Requests.WaitForAsync(4).WaitAsync(WorkerRig.Patience);

        await EndAsync(rig, how, ids[2]);

        await Eventually.True(() => rig.Ollama.Requests.Running == 3);
        foreach (var id in ids.Where(id => id != ids[2]))
            Assert.Equal(PromptStatus.Processing, (await rig.FindAsync(id)).Status);
    }

    [Fact]
    public async Task A_prompt_that_is_cancelled_and_queued_again_is_stopped_the_second_time_as_well()
    {
        await using var rig = await WorkerRig.StartAsync();
        rig.Ollama.Faults.Enqueue(Fault.Hang, 2);
        var id = await rig.SubmitAsync("twice");
        _ = rig.Drain();
        for (var time = 1; time <= 2; time++)
        {
            await rig.Ollama.Requests.WaitForAsync(time).WaitAsync(WorkerRig.Patience);
            await rig.Queue.CancelAsync(id, default);
            await Eventually.True(() => rig.Ollama.Requests.Running == 0);
            await rig.Queue.RetryAsync(id, default);
        }
        await rig.WhenAsync(id, PromptStatus.Completed);
    }

    [Fact]
    public async Task A_cancelled_prompt_keeps_all_that_had_come_by_then()
    {
        await using var rig = await WorkerRig.StartAsync();
        rig.Ollama.Faults.Enqueue(Fault.Stall(4));
        var id = await rig.SubmitAsync("keeps");
        _ = rig.Drain();
        var text = string.Concat(Simulation.TokensOf("keeps", 4));
        var prompt = await rig.WhenAsync(id, PromptStatus.Processing);
        await Eventually.True(() => rig.Live.Find(prompt)?.ReadFrom(default).Text == text);

        await rig.Queue.CancelAsync(id, default);

        await Eventually.True(() => rig.Ollama.Requests.Running == 0);
        await Eventually.NotNull(async () => (await rig.Store.WholeResultAsync(id))?.Text == text ? "kept" : null);
    }

    [Theory]
    [InlineData("cancel")]
    [InlineData("delete")]
    public async Task What_another_process_ends_as_its_answer_comes_is_not_told_as_a_lost_lease(string how)
    {
        var latency = TimeSpan.FromMilliseconds(100);
        await using var rig = await WorkerRig.StartAsync(latency);
        var other = await rig.OpenSecondStoreAsync();
        var id = await rig.SubmitAsync("ends");
        _ = rig.Drain();
        await rig.Ollama.Requests.WaitForAsync(1).WaitAsync(WorkerRig.Patience);

        if (how == "cancel")
            await other.CancelAsync(id, default);
        else
            await other.DeleteAsync(id, default);
        // The worker looks at its lease much later.
        await Eventually.True(() =>
        {
            rig.Time.Advance(latency);
            return rig.Ollama.Requests.Running == 0;
        });

        await Eventually.True(() => rig.Log.Lines.Any(line => line.Contains("cancelled or deleted", StringComparison.Ordinal)));
        Assert.DoesNotContain(rig.Log.Lines, line => line.StartsWith("Warning", StringComparison.Ordinal));
    }

    private static Task EndAsync(WorkerRig rig, string how, Guid id) =>
        how == "cancel" ? rig.Queue.CancelAsync(id, default) : rig.Queue.DeleteAsync(id, default);
}
