using OllamaProxy.Prompts;
using OllamaProxy.Simulator;
using OllamaProxy.Simulator.Faults;
using OllamaProxy.Simulator.Generation;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Worker;

/// <summary>When a drain begins, what it runs, and when it ends.</summary>
public sealed class DrainTests
{
    [Fact]
    public async Task A_drain_without_a_slice_runs_all_prompts_in_order_and_returns()
    {
        await using var rig = await WorkerRig.StartAsync(WorkerRig.NoSlice);
        var ids = new List<Guid>();
        for (var n = 0; n < 5; n++)
            ids.Add(await rig.SubmitAsync($"prompt {n}"));

        await rig.DrainToEndAsync();

        foreach (var (id, n) in ids.Select((id, n) => (id, n)))
            Assert.Equal(Simulation.AnswerTo($"prompt {n}"), (await rig.Store.WholeResultAsync(id))!.Text);
        Assert.Equal(
            ["prompt 0", "prompt 1", "prompt 2", "prompt 3", "prompt 4"],
            rig.Ollama.Requests.All.Select(request => WorkerRig.Sent(request).Prompt));
        Assert.Equal(1, rig.Ollama.Requests.MaxRunning);
    }

    [Fact]
    public async Task A_drain_of_an_empty_queue_listens_until_its_slice_is_over()
    {
        await using var rig = await WorkerRig.StartAsync(("OLLAMA_PROXY_DRAIN_SECONDS", "60"));
        var drain = rig.Drain();
        await Eventually.True(() => rig.Log.Lines.Any(line => line.EndsWith("answers.", StringComparison.Ordinal)));
        rig.Time.Advance(TimeSpan.FromSeconds(59));
        var id = await rig.SubmitAsync("just in time");
        await rig.WhenAsync(id, PromptStatus.Completed);
        Assert.False(drain.IsCompleted);

        await Eventually.True(() =>
        {
            rig.Time.Advance(TimeSpan.FromSeconds(1));
            return drain.IsCompleted;
        });
        await drain.WaitAsync(WorkerRig.Patience);
    }

    [Fact]
    public async Task A_prompt_submitted_while_the_worker_listens_is_run_without_a_tick_of_the_clock()
    {
        await using var rig = await WorkerRig.StartAsync(("OLLAMA_POLL_INTERVAL", "3600"));
        _ = rig.Drain();
        for (var n = 0; n < 20; n++)
            await rig.WhenAsync(await rig.SubmitAsync($"prompt {n}"), PromptStatus.Completed);
    }

    [Fact]
    public async Task A_prompt_that_another_process_wrote_waits_for_the_next_poll_at_the_most()
    {
        var poll = TimeSpan.FromSeconds(2);
        // While a prompt runs the time passes with every look of the worker: no limit may be met by that, and a slot must be
        // free however long the first prompt takes to leave its own.
        await using var rig = await WorkerRig.StartAsync(
            new PassingTime(poll, TimeSpan.FromSeconds(1)), TimeSpan.Zero, WorkerRig.TwoSlots, ("OLLAMA_POLL_INTERVAL", "2"),
            ("OLLAMA_PROXY_DRAIN_SECONDS", "1000000"), ("OLLAMA_TIMEOUT", "1000000"), ("OLLAMA_IDLE_TIMEOUT", "1000000"),
            ("OLLAMA_PROXY_LEASE_SECONDS", "86400"));
        var other = await rig.OpenSecondStoreAsync();
        _ = rig.Drain();
        await rig.WhenAsync(await rig.SubmitAsync("so that it listens"), PromptStatus.Completed);

        // The worker waits for the poll or, where it has just seen that the queue is not empty, for a second.
        var prompt = (await other.AddAsync(new("from elsewhere", "llama3.2", "{}"u8.ToArray()), 0, default)).Prompt;
        // Not when it was submitted: until it was on disk, the worker may have looked many times.
        var written = rig.Time.GetUtcNow();

        var completed = await rig.WhenAsync(prompt.Id, PromptStatus.Completed);
        // The poll that was under way when it was written, and the next.
        Assert.True(completed.StartedAt <= written + (2 * poll), $"{completed.StartedAt} is long after {written}.");
    }

    [Fact]
    public async Task A_drain_never_runs_twice_at_once_in_a_process()
    {
        await using var rig = await WorkerRig.StartAsync();
        var first = rig.Drain();
        await rig.WhenAsync(await rig.SubmitAsync("so that it runs"), PromptStatus.Completed);

        await rig.DrainToEndAsync();

        Assert.False(first.IsCompleted);
    }

    [Fact]
    public async Task A_process_that_only_serves_runs_nothing()
    {
        await using var rig = await WorkerRig.StartAsync(("OLLAMA_PROXY_WORKER", "false"), WorkerRig.NoSlice);
        var id = await rig.SubmitAsync("left to others");

        await rig.DrainToEndAsync();

        Assert.Equal(PromptStatus.Queued, (await rig.FindAsync(id)).Status);
        Assert.Equal(0, rig.Ollama.Requests.Count);
    }

    [Fact]
    public async Task A_drain_that_is_cancelled_hands_its_prompts_back_without_using_up_an_attempt()
    {
        await using var rig = await WorkerRig.StartAsync();
        rig.Ollama.Faults.Enqueue(Fault.Stall(2));
        var id = await rig.SubmitAsync("interrupted");
        using var stop = new CancellationTokenSource();
        var drain = Task.Run(() => rig.Worker.DrainAsync(stop.Token));
        await rig.Ollama.Requests.WaitForAsync(1).WaitAsync(WorkerRig.Patience);

        await stop.CancelAsync();
        await drain.WaitAsync(WorkerRig.Patience);

        var prompt = await rig.FindAsync(id);
        Assert.Equal((PromptStatus.Queued, 0, null), (prompt.Status, prompt.Attempts, prompt.StartedAt));
        var request = rig.Ollama.Requests.All.Single();
        await request.Ended.WaitAsync(WorkerRig.Patience);
        Assert.True(request.ClosedByClient);
    }

    [Fact]
    public async Task A_shutdown_hands_prompts_back_and_no_drain_starts_after_it()
    {
        await using var rig = await WorkerRig.StartAsync();
        rig.Ollama.Faults.Enqueue(Fault.Hang);
        var id = await rig.SubmitAsync("interrupted");
        var drain = rig.Drain();
        await rig.Ollama.Requests.WaitForAsync(1).WaitAsync(WorkerRig.Patience);

        await rig.Worker.StopAsync(default).WaitAsync(WorkerRig.Patience);

        Assert.Equal((PromptStatus.Queued, 0), await rig.FindAsync(id) is var prompt ? (prompt.Status, prompt.Attempts) : default);
        await drain.WaitAsync(WorkerRig.Patience);
        await rig.DrainToEndAsync();
        Assert.Equal(1, rig.Ollama.Requests.Count);
    }
}
