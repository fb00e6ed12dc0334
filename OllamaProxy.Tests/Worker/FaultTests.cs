using OllamaProxy.Prompts;
using OllamaProxy.Simulator;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Worker;

/// <summary>The table "Errors from Ollama" of the design, row by row, against a Simulator that misbehaves.</summary>
public sealed class FaultTests
{
    // The clock is moved in leaps here, and a lease is not what these tests are about.
    private static readonly (string, string) LongLease = ("OLLAMA_PROXY_LEASE_SECONDS", "86400");

    public static TheoryData<string, Fault, string> Transient => new()
    {
        { "closed before it answers", Fault.Refuse, "connection to Ollama broke" },
        { "429", Fault.Status(429, "slow down"), "slow down" },
        { "502", Fault.Status(502, "bad gateway"), "bad gateway" },
        { "503", Fault.Status(503, "server busy, please try again.  maximum pending requests exceeded"), "server busy" },
        { "504", Fault.Status(504, "gateway timeout"), "gateway timeout" },
        { "500 with a runner that stopped", Fault.Status(500, "model runner has unexpectedly stopped"), "unexpectedly stopped" },
        { "500 with words that nobody knows", Fault.Status(500, "something new"), "something new" },
        { "not JSON", Fault.NotJson, "not one of Ollama's" },
        { "empty", Fault.Empty, "not one of Ollama's" },
        { "cut", Fault.Cut(3), "" },
        { "ended without done", Fault.NoDone(3), "before it was done" },
        { "an error line", Fault.ErrorLine(3, "an error was encountered while running the model: unexpected EOF"), "unexpected EOF" },
    };

    public static TheoryData<int, string> Permanent => new()
    {
        { 400, "bad request" },
        { 401, "unauthorized" },
        { 403, "forbidden" },
        { 404, "model 'nosuch' not found" },
        { 413, "too large" },
        { 500, "invalid format: expected \"json\" or a JSON schema" },
        { 500, "option \"num_predict\" must be of type integer" },
    };

    [Theory]
    [MemberData(nameof(Transient))]
    public async Task After_a_transient_error_the_prompt_is_run_again(string what, Fault fault, string error)
    {
        await using var rig = await WorkerRig.StartAsync(LongLease);
        rig.Ollama.Faults.Enqueue(fault);
        var id = await rig.SubmitAsync(what);
        _ = rig.Drain();

        var prompt = await rig.WhenEndedAsync(id);

        Assert.Equal((PromptStatus.Completed, 2, null), (prompt.Status, prompt.Attempts, prompt.Error));
        Assert.Equal(Simulation.AnswerTo(what), (await rig.Store.FindResultAsync(id, default))!.Text);
        Assert.Contains(rig.Log.Lines, line => line.Contains("attempt 1 failed", StringComparison.Ordinal) && line.Contains(error, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_stream_that_stalls_for_longer_than_the_idle_limit_is_given_up_and_the_prompt_is_run_again()
    {
        await using var rig = await WorkerRig.StartAsync(LongLease, ("OLLAMA_IDLE_TIMEOUT", "30"));
        rig.Ollama.Faults.Enqueue(Fault.Stall(3));
        var id = await rig.SubmitAsync("stalls");
        _ = rig.Drain();

        var prompt = await rig.AdvanceUntilEndedAsync(id, TimeSpan.FromSeconds(1));

        Assert.Equal((PromptStatus.Completed, 2), (prompt.Status, prompt.Attempts));
        Assert.Contains(rig.Log.Lines, line => line.Contains("stopped sending tokens for 30 seconds", StringComparison.Ordinal));
        Assert.True(rig.Ollama.Requests.All[0].ClosedByClient);
    }

    [Theory]
    [MemberData(nameof(Permanent))]
    public async Task After_a_permanent_error_the_prompt_fails_at_once_with_Ollamas_words(int status, string error)
    {
        await using var rig = await WorkerRig.StartAsync(LongLease);
        rig.Ollama.Faults.Enqueue(Fault.Status(status, error));
        var id = await rig.SubmitAsync("hello");
        _ = rig.Drain();

        var prompt = await rig.WhenAsync(id, PromptStatus.Failed);

        Assert.Equal((error, 1, 1), (prompt.Error, prompt.Attempts, rig.Ollama.Requests.Count));
    }

    [Fact]
    public async Task An_error_line_amid_the_answer_is_as_permanent_as_its_text()
    {
        await using var rig = await WorkerRig.StartAsync(LongLease);
        rig.Ollama.Faults.Enqueue(Fault.ErrorLine(3, "model 'gone' not found, try pulling it first"));
        var id = await rig.SubmitAsync("hello");
        _ = rig.Drain();

        Assert.Equal(("model 'gone' not found, try pulling it first", 1), await rig.WhenAsync(id, PromptStatus.Failed) is var prompt ? (prompt.Error, prompt.Attempts) : default);
    }

    [Fact]
    public async Task A_model_that_is_not_there_fails_in_Ollamas_own_words()
    {
        await using var rig = await WorkerRig.StartAsync();
        var id = await rig.SubmitAsync("hello", prompt => prompt with { Model = "nosuch" });
        _ = rig.Drain();

        Assert.Equal("model 'nosuch' not found", (await rig.WhenAsync(id, PromptStatus.Failed)).Error);
    }

    [Theory]
    [InlineData(null, 5)]
    [InlineData(2, 2)]
    public async Task The_last_attempt_ends_in_failed_with_its_error_and_the_partial_text(int? maxAttempts, int expected)
    {
        await using var rig = await WorkerRig.StartAsync(LongLease);
        rig.Ollama.Faults.Enqueue(Fault.ErrorLine(3, "llama runner process has terminated"), 10);
        var id = await rig.SubmitAsync("breaks", prompt => prompt with { MaxAttempts = maxAttempts });
        _ = rig.Drain();

        var prompt = await rig.WhenEndedAsync(id);

        Assert.Equal((PromptStatus.Failed, expected, "llama runner process has terminated"), (prompt.Status, prompt.Attempts, prompt.Error));
        Assert.Equal(expected, rig.Ollama.Requests.Count);
        Assert.Equal(string.Concat(Simulation.TokensOf("breaks").Take(3)), (await rig.Store.FindResultAsync(id, default))!.Text);
    }

    [Fact]
    public async Task Retry_After_is_honoured()
    {
        await using var rig = await WorkerRig.StartAsync(LongLease);
        rig.Ollama.Faults.Enqueue(Fault.Status(503, "busy", retryAfterSeconds: 90));
        var submitted = rig.Time.GetUtcNow();
        var id = await rig.SubmitAsync("patient");
        _ = rig.Drain();

        var prompt = await rig.WhenEndedAsync(id);

        Assert.Equal(2, prompt.Attempts);
        Assert.True(prompt.StartedAt >= submitted + TimeSpan.FromSeconds(90), $"{prompt.StartedAt}");
    }

    [Fact]
    public async Task A_prompt_that_runs_for_longer_than_its_timeout_fails()
    {
        await using var rig = await WorkerRig.StartAsync(LongLease);
        rig.Ollama.Faults.Enqueue(Fault.Hang);
        var id = await rig.SubmitAsync("endless", prompt => prompt with { Timeout = TimeSpan.FromSeconds(90) });
        _ = rig.Drain();
        await rig.Ollama.Requests.WaitForAsync(1);

        var prompt = await rig.AdvanceUntilEndedAsync(id, TimeSpan.FromSeconds(10));

        Assert.Equal((PromptStatus.Failed, 1), (prompt.Status, prompt.Attempts));
        Assert.Contains("timeout of 90 seconds", prompt.Error, StringComparison.Ordinal);
        await rig.Ollama.Requests.All.Single().Ended;
    }

    [Fact]
    public async Task Silence_before_the_first_token_is_healthy_for_longer_than_the_idle_limit()
    {
        await using var rig = await WorkerRig.StartAsync(latency: TimeSpan.FromMinutes(25), LongLease);
        var id = await rig.SubmitAsync("loading");
        _ = rig.Drain();
        await rig.Ollama.Requests.WaitForAsync(1);

        var prompt = await rig.AdvanceUntilEndedAsync(id, TimeSpan.FromMinutes(1));

        Assert.Equal((PromptStatus.Completed, 1), (prompt.Status, prompt.Attempts));
    }

    [Fact]
    public async Task While_Ollama_is_away_prompts_wait_without_using_up_an_attempt_and_run_when_it_is_back()
    {
        await using var rig = await WorkerRig.StartAsync();
        await rig.Ollama.RefuseAsync();
        var id = await rig.SubmitAsync("patient");
        _ = rig.Drain();
        await Eventually.True(() => rig.Log.Lines.Any(line => line.Contains("ollama serve", StringComparison.Ordinal)));
        for (var second = 0; second < 100; second++)
            rig.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal((PromptStatus.Queued, 0), await rig.FindAsync(id) is var waiting ? (waiting.Status, waiting.Attempts) : default);

        await rig.Ollama.AcceptAsync();

        var prompt = await rig.WhenEndedAsync(id);
        Assert.Equal((PromptStatus.Completed, 1), (prompt.Status, prompt.Attempts));
        Assert.Single(rig.Log.Lines, line => line.Contains("ollama serve", StringComparison.Ordinal) && line.Contains("ollama pull llama3.2", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_Ollama_that_goes_away_amid_the_work_costs_no_prompt_more_than_the_attempt_that_it_cut()
    {
        await using var rig = await WorkerRig.StartAsync(LongLease, ("OLLAMA_MAX_ATTEMPTS", "2"));
        rig.Ollama.Faults.Enqueue(Fault.Stall(2));
        var cut = await rig.SubmitAsync("cut");
        var waiting = await rig.SubmitAsync("waiting");
        _ = rig.Drain();
        await rig.Ollama.Requests.WaitForAsync(1);
        await rig.Ollama.RefuseAsync();
        await rig.WhenAsync(cut, PromptStatus.Queued);
        for (var second = 0; second < 100; second++)
            rig.Time.Advance(TimeSpan.FromSeconds(1));

        await rig.Ollama.AcceptAsync();

        Assert.Equal((PromptStatus.Completed, 2), await rig.WhenEndedAsync(cut) is var one ? (one.Status, one.Attempts) : default);
        Assert.Equal((PromptStatus.Completed, 1), await rig.WhenEndedAsync(waiting) is var two ? (two.Status, two.Attempts) : default);
    }
}
