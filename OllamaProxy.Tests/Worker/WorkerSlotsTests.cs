using OllamaProxy.Prompts;
using OllamaProxy.Simulator;
using OllamaProxy.Simulator.Faults;
using OllamaProxy.Tests.Storage;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Worker;

/// <summary>How many prompts run at once, in which order, and what the next one waits for.</summary>
public sealed class WorkerSlotsTests
{
    [Fact]
    public async Task A_slot_that_becomes_free_is_used_at_once_while_another_is_busy()
    {
        await using var rig = await WorkerRig.StartAsync(("OLLAMA_POLL_INTERVAL", "3600"), WorkerRig.TwoSlots);
        rig.Ollama.Faults.Enqueue(Fault.Hang);
        _ = rig.Drain();
        await rig.SubmitAsync("long");
        await rig.Ollama.Requests.WaitForAsync(1).WaitAsync(WorkerRig.Patience);
        for (var n = 0; n < 30; n++)
            foreach (var id in await Task.WhenAll(rig.SubmitAsync("one"), rig.SubmitAsync("two"), rig.SubmitAsync("three")))
                await rig.WhenAsync(id, PromptStatus.Completed);
    }

    [Fact]
    public async Task As_many_prompts_run_at_once_as_the_setting_says_and_no_more()
    {
        await using var rig = await WorkerRig.StartAsync(WorkerRig.LongLease, ("OLLAMA_CONCURRENCY", "3"));
        rig.Ollama.Faults.Enqueue(Fault.Hang, 3);
        for (var n = 0; n < 6; n++)
            await rig.SubmitAsync($"prompt {n}");
        _ = rig.Drain();

        await rig.Ollama.Requests.WaitForAsync(3).WaitAsync(WorkerRig.Patience);
        await Eventually.True(() => rig.Ollama.Requests.Running == 3);
        await rig.Ollama.RefuseAsync();
        await Task.WhenAll(rig.Ollama.Requests.All.Select(request => request.Ended)).WaitAsync(WorkerRig.Patience);
        await rig.Ollama.AcceptAsync();
        await Eventually.NotNull(async () =>
        {
            // In small steps: the first question whether Ollama is back must be answered within five seconds.
            rig.Time.Advance(TimeSpan.FromMilliseconds(100));
            return (await rig.Store.ListAsync(new(1, 1) { Status = PromptStatus.Completed }, default)).Total == 6 ? "all" : null;
        });
        Assert.Equal(3, rig.Ollama.Requests.MaxRunning);
    }

    [Fact]
    public async Task A_long_prompt_never_blocks_the_others_not_even_after_the_slice()
    {
        await using var rig = await WorkerRig.StartAsync(WorkerRig.TwoSlots, WorkerRig.NoSlice);
        rig.Ollama.Faults.Enqueue(Fault.Hang);
        var hanging = await rig.SubmitAsync("hangs");
        var drain = rig.Drain();
        await rig.Ollama.Requests.WaitForAsync(1).WaitAsync(WorkerRig.Patience);

        for (var n = 0; n < 5; n++)
            await rig.WhenAsync(await rig.SubmitAsync($"prompt {n}"), PromptStatus.Completed);

        Assert.Equal(PromptStatus.Processing, (await rig.FindAsync(hanging)).Status);
        Assert.False(drain.IsCompleted);
    }

    [Fact]
    public async Task Quick_prompts_run_one_after_the_other_in_their_order_though_each_is_claimed_while_the_last_runs()
    {
        await using var rig = await WorkerRig.StartAsync(WorkerRig.NoSlice);
        var ids = new List<Guid>();
        for (var n = 0; n < 40; n++)
            ids.Add(await rig.SubmitAsync($"{n}"));

        await rig.DrainToEndAsync();

        Assert.Equal(
            ids.Index().Select(prompt => $"{prompt.Index}"), rig.Ollama.Requests.All.Select(request => WorkerRig.Sent(request).Prompt));
        Assert.Equal(1, rig.Ollama.Requests.MaxRunning);
        Assert.All(
            await Task.WhenAll(ids.Select(rig.FindAsync)),
            prompt => Assert.Equal((PromptStatus.Completed, 1), (prompt.Status, prompt.Attempts)));
    }

    [Fact]
    public async Task A_prompt_that_was_claimed_ahead_is_handed_back_when_the_one_before_it_is_not_quick()
    {
        await using var rig = await WorkerRig.StartAsync();
        var (running, ahead) = await ClaimedAheadAsync(rig);

        await WhenHandedBackAsync(rig, ahead);

        Assert.Equal(PromptStatus.Processing, (await rig.FindAsync(running)).Status);
    }

    [SqliteFact]
    public async Task A_prompt_that_was_claimed_ahead_is_handed_back_as_soon_as_the_store_takes_it()
    {
        await using var rig = await WorkerRig.StartAsync();
        var (_, ahead) = await ClaimedAheadAsync(rig);

        await StorageRig.WriterOfAsync(rig.Store);
        using (StorageRig.Lock(rig.DatabasePath))
        {
            await Eventually.True(() =>
            {
                rig.Time.Advance(TimeSpan.FromMilliseconds(50));
                return rig.Log.Lines.Any(line =>
                    line.Contains($"{ahead}: the result of the attempt cannot be stored", StringComparison.Ordinal));
            });
        }

        await WhenHandedBackAsync(rig, ahead);
    }

    [Fact]
    public async Task A_deleted_prompt_is_stopped_and_its_slot_is_free_again()
    {
        await using var rig = await WorkerRig.StartAsync();
        rig.Ollama.Faults.Enqueue(Fault.Hang);
        var id = await rig.SubmitAsync("deleted");
        _ = rig.Drain();
        await rig.Ollama.Requests.WaitForAsync(1).WaitAsync(WorkerRig.Patience);

        await rig.Queue.DeleteAsync(id, default);
        rig.Time.Advance(TimeSpan.FromSeconds(1));

        await rig.Ollama.Requests.All.Single().Ended;
        await rig.WhenAsync(await rig.SubmitAsync("next"), PromptStatus.Completed);
    }

    /// <summary>A prompt that hangs, and the one behind it, which was claimed while that ran.</summary>
    private static async Task<(Guid Running, Guid Ahead)> ClaimedAheadAsync(WorkerRig rig)
    {
        _ = rig.Drain();
        while (true)
        {
            // The first is quick on a clock that stands still; the second hangs.
            rig.Ollama.Faults.Enqueue(Fault.Status(400, "it is wrong"));
            rig.Ollama.Faults.Enqueue(Fault.Hang);
            var prompts = await rig.Queue.SubmitBatchAsync(Guid.NewGuid(),
                [.. Enumerable.Range(1, 3).Select(n => new NewPrompt($"{n}", "llama3.2", "{}"u8.ToArray()))], default);
            await rig.WhenAsync(prompts[1].Id, PromptStatus.Processing);
            // Nothing is claimed ahead if the first was settled before the second was claimed: then the store is as quick as Ollama.
            if (await IsClaimedAheadAsync(rig, prompts[2].Id))
                return (prompts[1].Id, prompts[2].Id);
            foreach (var prompt in prompts.Skip(1).Reverse())
                await rig.Queue.DeleteAsync(prompt.Id, default);
            rig.Time.Advance(TimeSpan.FromSeconds(1));
        }
    }

    private static async Task<bool> IsClaimedAheadAsync(WorkerRig rig, Guid id)
    {
        try
        {
            await Eventually.NotNull(
                async () => (await rig.FindAsync(id)).Status == PromptStatus.Processing ? rig : null, patience: TimeSpan.FromSeconds(2));
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private static Task<Prompt> WhenHandedBackAsync(WorkerRig rig, Guid id) => Eventually.NotNull(async () =>
    {
        rig.Time.Advance(TimeSpan.FromMilliseconds(50));
        return await rig.FindAsync(id) is { Status: PromptStatus.Queued, Attempts: 0 } prompt ? prompt : null;
    });
}
