using OllamaProxy.Prompts;
using OllamaProxy.Simulator.Faults;
using OllamaProxy.Simulator.Generation;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Worker;

/// <summary>The table "Errors from Ollama" of the design, row by row, against a Simulator that misbehaves.</summary>
public sealed class FaultTests
{
    [Fact]
    public async Task A_stream_that_stalls_for_longer_than_the_idle_limit_is_given_up_and_the_prompt_is_run_again()
    {
        await using var rig = await WorkerRig.StartAsync(
            WorkerRig.LongLease, ("OLLAMA_IDLE_TIMEOUT", "30"), ("OLLAMA_TIMEOUT", "86400"));
        rig.Ollama.Faults.Enqueue(Fault.Stall(3));
        var id = await rig.SubmitAsync("stalls");
        _ = rig.Drain();
        await rig.WhenAsync(id, PromptStatus.Processing);

        await rig.PassAttemptAsync(id, TimeSpan.FromSeconds(1));

        var prompt = await rig.WhenEndedAsync(id);

        Assert.Equal((PromptStatus.Completed, 2), (prompt.Status, prompt.Attempts));
        Assert.Contains(rig.Log.Lines, line => line.Contains("stopped sending tokens for 30 seconds", StringComparison.Ordinal));
        await rig.Ollama.Requests.All[0].Ended.WaitAsync(WorkerRig.Patience);
        Assert.True(rig.Ollama.Requests.All[0].ClosedByClient);
    }

    [Fact]
    public async Task A_model_that_is_not_there_fails_in_Ollamas_own_words()
    {
        await using var rig = await WorkerRig.StartAsync();
        var id = await rig.SubmitAsync("hello", prompt => prompt with { Model = "nosuch" });
        _ = rig.Drain();

        Assert.Equal("model 'nosuch' not found", (await rig.WhenAsync(id, PromptStatus.Failed)).Error);
    }

    [Fact]
    public async Task A_prompt_that_does_not_say_so_itself_has_as_many_attempts_as_the_setting_allows()
    {
        await using var rig = await WorkerRig.StartAsync(WorkerRig.LongLease, ("OLLAMA_MAX_ATTEMPTS", "3"));
        rig.Ollama.Faults.Enqueue(Fault.Status(500, "llama runner process has terminated"), 10);
        var id = await rig.SubmitAsync("breaks");
        _ = rig.Drain();

        Assert.Equal((PromptStatus.Failed, 3), await rig.WhenEndedAsync(id) is var prompt ? (prompt.Status, prompt.Attempts) : default);
        Assert.Equal(3, rig.Ollama.Requests.Count);
    }

    [Theory]
    [InlineData(503, "server busy, please try again.  maximum pending requests exceeded")]
    [InlineData(503, "account unavailable")]
    [InlineData(429, "slow down")]
    [InlineData(500, "server busy, please try again.  maximum pending requests exceeded")]
    [InlineData(500, """{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}""")]
    public async Task An_Ollama_that_is_busy_costs_no_attempt_and_is_left_alone_for_a_while_that_grows(int status, string error)
    {
        await using var rig = await WorkerRig.StartAsync(WorkerRig.LongLease, ("OLLAMA_MAX_ATTEMPTS", "1"));
        rig.Ollama.Faults.Enqueue(Fault.Status(status, error), 6);
        var submitted = rig.Time.GetUtcNow();
        var ids = new[] { await rig.SubmitAsync("one"), await rig.SubmitAsync("two") };
        _ = rig.Drain();

        foreach (var id in ids)
        {
            var prompt = await rig.WhenEndedAsync(id);
            Assert.Equal((PromptStatus.Completed, 1), (prompt.Status, prompt.Attempts));
            Assert.Equal([null], (await rig.Store.ListAttemptsAsync(id, default)).Select(attempt => attempt.Error));
        }
        // Half of 1, 2, 4, 8, 16 and 30 seconds at the least.
        Assert.True(rig.Time.GetUtcNow() - submitted >= TimeSpan.FromSeconds(30), $"{rig.Time.GetUtcNow() - submitted}");
        Assert.Equal(8, rig.Ollama.Requests.Count);
    }

    [Fact]
    public async Task A_prompt_expires_while_Ollama_is_busy()
    {
        await using var rig = await WorkerRig.StartAsync(WorkerRig.LongLease);
        rig.Ollama.Faults.Enqueue(Fault.Status(503, "server busy"), 100);
        var id = await rig.SubmitAsync("in vain", prompt => prompt with { ExpiresIn = TimeSpan.FromSeconds(30) });
        _ = rig.Drain();

        var prompt = await rig.WhenEndedAsync(id);

        Assert.Equal((PromptStatus.Failed, 0), (prompt.Status, prompt.Attempts));
        Assert.Contains("expires_in", prompt.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(503, 1)]
    [InlineData(500, 2)]
    public async Task Retry_After_is_honoured(int status, int attempts)
    {
        await using var rig = await WorkerRig.StartAsync(WorkerRig.LongLease);
        rig.Ollama.Faults.Enqueue(Fault.Status(status, "busy", retryAfterSeconds: 90));
        var submitted = rig.Time.GetUtcNow();
        var id = await rig.SubmitAsync("patient");
        _ = rig.Drain();

        var prompt = await rig.WhenEndedAsync(id);

        Assert.Equal(attempts, prompt.Attempts);
        Assert.True(prompt.StartedAt >= submitted + TimeSpan.FromSeconds(90), $"{prompt.StartedAt}");
    }

    [Fact]
    public async Task An_unknown_error_is_tried_once_more_and_the_same_words_again_are_final()
    {
        await using var rig = await WorkerRig.StartAsync(WorkerRig.LongLease);
        rig.Ollama.Faults.Enqueue(Fault.Status(500, "model requires more system memory (5.6 GiB) than is available (1.2 GiB)"));
        rig.Ollama.Faults.Enqueue(Fault.Status(500, "model requires more system memory (5.6 GiB) than is available (0.9 GiB)"));
        var id = await rig.SubmitAsync("too large");
        _ = rig.Drain();

        var prompt = await rig.WhenEndedAsync(id);

        Assert.Equal((PromptStatus.Failed, 2), (prompt.Status, prompt.Attempts));
        Assert.Equal(2, rig.Ollama.Requests.Count);
    }

    [Fact]
    public async Task An_unknown_error_in_other_words_is_tried_on()
    {
        await using var rig = await WorkerRig.StartAsync(WorkerRig.LongLease);
        foreach (var error in new[] { "one thing", "another", "one thing" })
            rig.Ollama.Faults.Enqueue(Fault.Status(500, error));
        var id = await rig.SubmitAsync("odd");
        _ = rig.Drain();

        Assert.Equal((PromptStatus.Completed, 4), await rig.WhenEndedAsync(id) is var prompt ? (prompt.Status, prompt.Attempts) : default);
    }

    [Fact]
    public async Task An_answer_that_ends_cleanly_without_saying_so_is_complete()
    {
        await using var rig = await WorkerRig.StartAsync();
        rig.Ollama.Faults.Enqueue(Fault.NoDone(3));
        var id = await rig.SubmitAsync("repeats itself");
        _ = rig.Drain();

        var prompt = await rig.WhenAsync(id, PromptStatus.Completed);

        Assert.Equal((1, null), (prompt.Attempts, prompt.Error));
        var result = await rig.Store.WholeResultAsync(id);
        Assert.Equal(
            (string.Concat(Simulation.TokensOf("repeats itself").Take(3)), "repeat_limit"), (result!.Text, result.Statistics.DoneReason));
    }

    [Fact]
    public async Task A_prompt_that_runs_for_longer_than_its_timeout_fails()
    {
        await using var rig = await WorkerRig.StartAsync(WorkerRig.LongLease);
        rig.Ollama.Faults.Enqueue(Fault.Hang);
        var id = await rig.SubmitAsync("endless", prompt => prompt with { Timeout = TimeSpan.FromSeconds(90) });
        _ = rig.Drain();
        await rig.Ollama.Requests.WaitForAsync(1).WaitAsync(WorkerRig.Patience);

        var prompt = await rig.AdvanceUntilEndedAsync(id, TimeSpan.FromSeconds(10));

        Assert.Equal((PromptStatus.Failed, 1), (prompt.Status, prompt.Attempts));
        Assert.Contains("timeout of 90 seconds", prompt.Error, StringComparison.Ordinal);
        await rig.Ollama.Requests.All.Single().Ended;
    }

    [Fact]
    public async Task Silence_before_the_first_token_is_healthy_for_longer_than_the_idle_limit()
    {
        await using var rig = await WorkerRig.StartAsync(
            latency: TimeSpan.FromMinutes(25), WorkerRig.LongLease, ("OLLAMA_TIMEOUT", "86400"));
        var id = await rig.SubmitAsync("loading");
        _ = rig.Drain();
        await rig.Ollama.Requests.WaitForAsync(1).WaitAsync(WorkerRig.Patience);
        var running = await rig.WhenAsync(id, PromptStatus.Processing);

        await Eventually.True(() =>
        {
            if (rig.Live.Find(running) is not { } output || output.ReadFrom(default).Text.Length > 0)
                return true;
            rig.Time.Advance(TimeSpan.FromMinutes(1));
            return false;
        });

        var prompt = await rig.WhenEndedAsync(id);
        Assert.Equal((PromptStatus.Completed, 1), (prompt.Status, prompt.Attempts));
    }
}
