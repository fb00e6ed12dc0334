using OllamaProxy.Prompts;
using OllamaProxy.Simulator.Faults;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Worker;

/// <summary>Bulk prompts that are handed back for interactive ones, from the store to Ollama.</summary>
public sealed class PreemptionTests
{
    private static readonly (string, string) On = ("OLLAMA_PROXY_PREEMPTION", "true");
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(250);

    [Theory]
    [InlineData(0, "llama3.2")]
    [InlineData(10, "llama3.2")]
    // Grouping does not give the slot back to the model that is loaded, though more of its prompts wait.
    [InlineData(0, "tiny")]
    public async Task An_interactive_prompt_is_run_before_a_bulk_prompt_has_ended_which_is_then_run_whole(int priority, string model)
    {
        // However far the clock is moved until a busy machine has handed it back, that ends it, and no limit.
        await using var rig = await WorkerRig.StartAsync(
            On, WorkerRig.LongLease, ("OLLAMA_TIMEOUT", "86400"), ("OLLAMA_IDLE_TIMEOUT", "86400"));
        // It has begun to generate, but nobody watches.
        rig.Ollama.Faults.Enqueue(Fault.Stall(afterTokens: 3));
        var bulk = await BulkAsync(rig, "bulk");
        _ = rig.Drain();
        await rig.Ollama.Requests.WaitForAsync(1).WaitAsync(WorkerRig.Patience);
        var behind = new[] { await BulkAsync(rig, "behind 1"), await BulkAsync(rig, "behind 2") };

        var interactive = await rig.SubmitAsync("now", prompt => prompt with { Priority = priority, Model = model });
        var served = await rig.AdvanceUntilEndedAsync(interactive, Step);

        Assert.Equal(PromptStatus.Completed, served.Status);
        var waited = served.StartedAt - served.CreatedAt;
        Assert.True(waited >= TimeSpan.FromSeconds(1), $"It waited for {waited}.");
        foreach (var id in behind.Prepend(bulk))
        {
            Assert.Equal((PromptStatus.Completed, 1), await rig.WhenEndedAsync(id) is var ended ? (ended.Status, ended.Attempts) : default);
            Assert.Single(await rig.Store.ListAttemptsAsync(id, default));
        }
        Assert.EndsWith("You asked: \"bulk\"", (await rig.Store.WholeResultAsync(bulk))!.Text, StringComparison.Ordinal);
        var sent = rig.Ollama.Requests.All.Select(request => WorkerRig.Sent(request).Prompt).ToList();
        Assert.Equal(["bulk", "now"], sent.Take(2));
        // Those behind it may be claimed until the store has it back in the queue.
        Assert.Equal(["behind 1", "behind 2", "bulk"], sent.Skip(2).Order());
        // Ollama may hear of that only when it has the other already, so how many it ran at the same time says nothing.
        await rig.Ollama.Requests.All[0].Ended.WaitAsync(WorkerRig.Patience);
        Assert.Equal([true, false, false, false, false], rig.Ollama.Requests.All.Select(request => request.ClosedByClient));
    }

    [Theory]
    [InlineData(false, -10)]
    [InlineData(true, 0)]
    public async Task Without_the_setting_or_with_a_priority_of_0_what_runs_is_run_to_its_end(bool isOn, int priority)
    {
        await using var rig = await WorkerRig.StartAsync(
            TimeSpan.FromSeconds(5), ("OLLAMA_PROXY_PREEMPTION", $"{isOn}"), WorkerRig.LongLease);
        var running = await rig.SubmitAsync("runs", prompt => prompt with { Priority = priority });
        _ = rig.Drain();
        await rig.Ollama.Requests.WaitForAsync(1).WaitAsync(WorkerRig.Patience);
        var waiting = await rig.SubmitAsync("now");

        await rig.AdvanceUntilEndedAsync(running, Step);
        await rig.AdvanceUntilEndedAsync(waiting, Step);

        Assert.Equal(["runs", "now"], rig.Ollama.Requests.All.Select(request => WorkerRig.Sent(request).Prompt));
    }

    [Fact]
    public async Task A_prompt_is_handed_back_once_in_the_grouping_window()
    {
        // Ollama is silent for so long that the next fault can be set while the interactive prompt runs.
        await using var rig = await WorkerRig.StartAsync(TimeSpan.FromSeconds(20), On, WorkerRig.LongLease);
        rig.Ollama.Faults.Enqueue(Fault.Hang);
        var bulk = await BulkAsync(rig, "bulk");
        _ = rig.Drain();
        await rig.Ollama.Requests.WaitForAsync(1).WaitAsync(WorkerRig.Patience);

        var before = rig.Time.GetUtcNow();
        var first = await rig.SubmitAsync("first");
        await AdvanceUntilHandedBackAsync(rig, 1);
        await rig.Ollama.Requests.WaitForAsync(2).WaitAsync(WorkerRig.Patience);
        rig.Ollama.Faults.Enqueue(Fault.Hang);
        await rig.AdvanceUntilEndedAsync(first, Step);
        await rig.Ollama.Requests.WaitForAsync(3).WaitAsync(WorkerRig.Patience);
        var second = await rig.SubmitAsync("second");
        await AdvanceUntilHandedBackAsync(rig, 2);

        var both = rig.Time.GetUtcNow() - before;
        Assert.True(both > TimeSpan.FromSeconds(60), $"It was handed back twice within {both}.");
        await rig.AdvanceUntilEndedAsync(second, Step);
        Assert.Equal(1, (await rig.AdvanceUntilEndedAsync(bulk, Step)).Attempts);
        Assert.Equal(["bulk", "first", "bulk", "second", "bulk"],
            rig.Ollama.Requests.All.Select(request => WorkerRig.Sent(request).Prompt));
    }

    [Fact]
    public async Task Of_several_the_one_that_has_run_for_less_time_is_handed_back_and_as_many_as_are_needed()
    {
        await using var rig = await WorkerRig.StartAsync(On, WorkerRig.LongLease, ("OLLAMA_CONCURRENCY", "3"));
        rig.Ollama.Faults.Enqueue(Fault.Hang, 3);
        _ = rig.Drain();
        for (var n = 1; n <= 3; n++)
        {
            await BulkAsync(rig, $"bulk {n}");
            await rig.Ollama.Requests.WaitForAsync(n).WaitAsync(WorkerRig.Patience);
            rig.Time.Advance(TimeSpan.FromMilliseconds(10));
        }

        var interactive = new[] { await rig.SubmitAsync("one"), await rig.SubmitAsync("two") };
        await Eventually.NotNull(async () =>
        {
            var ended = (await Task.WhenAll(interactive.Select(rig.FindAsync))).Count(prompt => prompt.Status.HasEnded());
            if (ended == interactive.Length)
                return "served";
            // A slot may be slow to become free: if another second passed before one of them was run there, another would be handed back.
            if (CountHandedBack(rig) <= ended)
                rig.Time.Advance(TimeSpan.FromMilliseconds(10));
            return null;
        }, "both to be served");

        Assert.InRange(CountHandedBack(rig), 1, 2);
        Assert.False(rig.Ollama.Requests.All[0].Ended.IsCompleted);
        await rig.Ollama.Requests.All[2].Ended.WaitAsync(WorkerRig.Patience);
        Assert.True(rig.Ollama.Requests.All[2].ClosedByClient);
    }

    private static Task AdvanceUntilHandedBackAsync(WorkerRig rig, int times) => Eventually.True(() =>
    {
        if (CountHandedBack(rig) == times)
            return true;
        rig.Time.Advance(Step);
        return false;
    });

    private static int CountHandedBack(WorkerRig rig) =>
        rig.Log.Lines.Count(line => line.Contains("stopped, so that its slot", StringComparison.Ordinal));

    private static Task<Guid> BulkAsync(WorkerRig rig, string text) =>
        rig.SubmitAsync(text, prompt => prompt with { Priority = -10 });
}
