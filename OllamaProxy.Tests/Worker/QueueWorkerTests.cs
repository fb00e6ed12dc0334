using OllamaProxy.Prompts;
using OllamaProxy.Simulator.Faults;
using OllamaProxy.Simulator.Generation;
using OllamaProxy.Simulator.Http;
using OllamaProxy.Storage.Sqlite.Engine;
using OllamaProxy.Tests.Storage;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Worker;

public sealed class QueueWorkerTests
{
    private static readonly (string, string) NoSlice = ("OLLAMA_PROXY_DRAIN_SECONDS", "0");
    private static readonly (string, string) Two = ("OLLAMA_CONCURRENCY", "2");

    [Fact]
    public async Task A_drain_without_a_slice_runs_all_prompts_in_order_and_returns()
    {
        await using var rig = await WorkerRig.StartAsync(NoSlice);
        var ids = new List<Guid>();
        for (var n = 0; n < 5; n++)
            ids.Add(await rig.SubmitAsync($"prompt {n}"));

        await rig.DrainToEndAsync();

        foreach (var (id, n) in ids.Select((id, n) => (id, n)))
            Assert.Equal(Simulation.AnswerTo($"prompt {n}"), (await rig.Store.WholeResultAsync(id))!.Text);
        Assert.Equal(["prompt 0", "prompt 1", "prompt 2", "prompt 3", "prompt 4"], rig.Ollama.Requests.All.Select(request => Sent(request).Prompt));
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
    public async Task A_slot_that_becomes_free_is_used_at_once_while_another_is_busy()
    {
        await using var rig = await WorkerRig.StartAsync(("OLLAMA_POLL_INTERVAL", "3600"), Two);
        rig.Ollama.Faults.Enqueue(Fault.Hang);
        _ = rig.Drain();
        await rig.SubmitAsync("long");
        await rig.Ollama.Requests.WaitForAsync(1).WaitAsync(WorkerRig.Patience);
        for (var n = 0; n < 30; n++)
            foreach (var id in await Task.WhenAll(rig.SubmitAsync("one"), rig.SubmitAsync("two"), rig.SubmitAsync("three")))
                await rig.WhenAsync(id, PromptStatus.Completed);
    }

    [Fact]
    public async Task A_prompt_that_another_process_wrote_waits_for_the_next_poll_at_the_most()
    {
        var poll = TimeSpan.FromSeconds(2);
        // While a prompt runs the time passes with every look of the worker: no limit may be met by that, and a slot must be
        // free however long the first prompt takes to leave its own.
        await using var rig = await WorkerRig.StartAsync(
            new PassingTime(poll, TimeSpan.FromSeconds(1)), TimeSpan.Zero, Two, ("OLLAMA_POLL_INTERVAL", "2"),
            ("OLLAMA_PROXY_DRAIN_SECONDS", "1000000"), ("OLLAMA_TIMEOUT", "1000000"), ("OLLAMA_IDLE_TIMEOUT", "1000000"), ("OLLAMA_PROXY_LEASE_SECONDS", "86400"));
        await using var other = rig.OpenSecondStore();
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
    public async Task Quick_prompts_run_one_after_the_other_in_their_order_though_each_is_claimed_while_the_last_runs()
    {
        await using var rig = await WorkerRig.StartAsync(NoSlice);
        var ids = new List<Guid>();
        for (var n = 0; n < 40; n++)
            ids.Add(await rig.SubmitAsync($"{n}"));

        await rig.DrainToEndAsync();

        Assert.Equal(ids.Index().Select(prompt => $"{prompt.Index}"), rig.Ollama.Requests.All.Select(request => Sent(request).Prompt));
        Assert.Equal(1, rig.Ollama.Requests.MaxRunning);
        Assert.All(await Task.WhenAll(ids.Select(rig.FindAsync)), prompt => Assert.Equal((PromptStatus.Completed, 1), (prompt.Status, prompt.Attempts)));
    }

    [Fact]
    public async Task A_prompt_that_was_claimed_ahead_is_handed_back_when_the_one_before_it_is_not_quick()
    {
        await using var rig = await WorkerRig.StartAsync();
        var (running, ahead) = await ClaimedAheadAsync(rig);

        await WhenHandedBackAsync(rig, ahead);

        Assert.Equal(PromptStatus.Processing, (await rig.FindAsync(running)).Status);
    }

    [Fact]
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
                return rig.Log.Lines.Any(line => line.Contains($"{ahead}: the result of the attempt cannot be stored", StringComparison.Ordinal));
            });
        }

        await WhenHandedBackAsync(rig, ahead);
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
        await using var rig = await WorkerRig.StartAsync(("OLLAMA_PROXY_WORKER", "false"), NoSlice);
        var id = await rig.SubmitAsync("left to others");

        await rig.DrainToEndAsync();

        Assert.Equal(PromptStatus.Queued, (await rig.FindAsync(id)).Status);
        Assert.Equal(0, rig.Ollama.Requests.Count);
    }

    [Fact]
    public async Task A_long_prompt_never_blocks_the_others_not_even_after_the_slice()
    {
        await using var rig = await WorkerRig.StartAsync(Two, NoSlice);
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
    public async Task As_many_prompts_run_at_once_as_the_setting_says_and_no_more()
    {
        await using var rig = await WorkerRig.StartAsync(("OLLAMA_CONCURRENCY", "3"));
        rig.Ollama.Faults.Enqueue(Fault.Hang, 3);
        for (var n = 0; n < 6; n++)
            await rig.SubmitAsync($"prompt {n}");
        _ = rig.Drain();

        await rig.Ollama.Requests.WaitForAsync(3).WaitAsync(WorkerRig.Patience);
        await Eventually.True(() => rig.Ollama.Requests.Running == 3);
        await rig.Ollama.RefuseAsync();
        await rig.Ollama.AcceptAsync();
        await Eventually.NotNull(async () =>
        {
            rig.Time.Advance(TimeSpan.FromSeconds(1));
            return (await rig.Store.ListAsync(new(1, 1) { Status = PromptStatus.Completed }, default)).Total == 6 ? "all" : null;
        });
        Assert.Equal(3, rig.Ollama.Requests.MaxRunning);
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

    [Fact]
    public async Task A_lease_is_renewed_for_as_long_as_a_silent_attempt_runs()
    {
        await using var rig = await WorkerRig.StartAsync(("OLLAMA_PROXY_LEASE_SECONDS", "30"));
        await using var other = rig.OpenSecondStore();
        rig.Ollama.Faults.Enqueue(Fault.Hang);
        var id = await rig.SubmitAsync("slow");
        _ = rig.Drain();
        await rig.Ollama.Requests.WaitForAsync(1).WaitAsync(WorkerRig.Patience);

        for (var tick = 0; tick < 10; tick++)
        {
            var before = LeaseEnd(rig);
            rig.Time.Advance(TimeSpan.FromSeconds(10));
            await Eventually.True(() => LeaseEnd(rig) > before);
        }

        Assert.Null(await other.ClaimAsync(new(10, TimeSpan.FromSeconds(30), 5, "here"), default));
        Assert.Equal((PromptStatus.Processing, 1), await rig.FindAsync(id) is var prompt ? (prompt.Status, prompt.Attempts) : default);
    }

    [Fact]
    public async Task A_worker_that_lost_its_lease_stops_the_generation_and_writes_nothing()
    {
        await using var rig = await WorkerRig.StartAsync(("OLLAMA_PROXY_LEASE_SECONDS", "30"), Two);
        await using var other = rig.OpenSecondStore();
        rig.Ollama.Faults.Enqueue(Fault.Stall(1));
        var id = await rig.SubmitAsync("lost");
        _ = rig.Drain();
        await rig.Ollama.Requests.WaitForAsync(1).WaitAsync(WorkerRig.Patience);

        // As after a pause of this process that was longer than the lease.
        Execute(rig, "UPDATE leases SET expires_at = 0");
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
        await using var rig = await WorkerRig.StartAsync(Two);
        await using var other = rig.OpenSecondStore();
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
        // The first is quick on a clock that stands still; the second hangs.
        rig.Ollama.Faults.Enqueue(Fault.Status(400, "it is wrong"));
        rig.Ollama.Faults.Enqueue(Fault.Hang);
        var prompts = await rig.Queue.SubmitBatchAsync(Guid.NewGuid(), [.. Enumerable.Range(1, 3).Select(n => new NewPrompt($"{n}", "llama3.2", "{}"u8.ToArray()))], default);
        await rig.WhenAsync(prompts[2].Id, PromptStatus.Processing);
        return (prompts[1].Id, prompts[2].Id);
    }

    private static Task<Prompt> WhenHandedBackAsync(WorkerRig rig, Guid id) => Eventually.NotNull(async () =>
    {
        rig.Time.Advance(TimeSpan.FromMilliseconds(50));
        return await rig.FindAsync(id) is { Status: PromptStatus.Queued, Attempts: 0 } prompt ? prompt : null;
    });

    private static (string Prompt, string Model) Sent(LoggedRequest request)
    {
        using var body = System.Text.Json.JsonDocument.Parse(request.Body);
        return (body.RootElement.GetProperty("prompt").GetString()!, body.RootElement.GetProperty("model").GetString()!);
    }

    private static long LeaseEnd(WorkerRig rig)
    {
        using var connection = Connect(rig);
        return connection.Number("SELECT expires_at FROM leases");
    }

    private static void Execute(WorkerRig rig, string sql)
    {
        using var connection = Connect(rig);
        connection.Execute(sql);
    }

    private static Microsoft.Data.Sqlite.SqliteConnection Connect(WorkerRig rig)
    {
        var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={rig.DatabasePath};Pooling=False");
        connection.Open();
        return connection;
    }
}
