using OllamaProxy.Prompts;
using OllamaProxy.Simulator;
using OllamaProxy.Simulator.Faults;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Worker;

/// <summary>What becomes of prompts while there is no Ollama to run them.</summary>
public sealed class AwayTests
{
    [Fact]
    public async Task A_foreign_answer_uses_up_no_attempt_where_no_Ollama_answers_either()
    {
        await using var foreign = await ForeignServer.StartAsync();
        await using var rig = await WorkerRig.StartAsync(WorkerRig.LongLease, ("OLLAMA_URL", foreign.Address));
        foreign.HasVersion = true;
        var id = await rig.SubmitAsync("patient");
        _ = rig.Drain();
        await Eventually.True(() => foreign.Generations == 1);

        await Eventually.True(() =>
        {
            rig.Time.Advance(TimeSpan.FromSeconds(1));
            return rig.Log.Lines.Any(line => line.Contains("ollama serve", StringComparison.Ordinal));
        });

        Assert.Equal(PromptStatus.Queued, (await rig.WhenAsync(id, PromptStatus.Queued)).Status);
        Assert.InRange((await rig.FindAsync(id)).Attempts, 0, foreign.Generations - 1);
    }

    [Fact]
    public async Task A_queued_prompt_expires_while_Ollama_is_away()
    {
        await using var rig = await WorkerRig.StartAsync();
        await rig.Ollama.RefuseAsync();
        var id = await rig.SubmitAsync("in vain", prompt => prompt with { ExpiresIn = TimeSpan.FromSeconds(30) });
        _ = rig.Drain();

        var prompt = await rig.WhenEndedAsync(id);

        Assert.Equal((PromptStatus.Failed, 0), (prompt.Status, prompt.Attempts));
        Assert.Contains("expires_in", prompt.Error, StringComparison.Ordinal);
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
        Assert.Single(rig.Log.Lines, line => line.Contains("ollama serve", StringComparison.Ordinal)
            && line.Contains("ollama pull llama3.2", StringComparison.Ordinal));

        await rig.Ollama.AcceptAsync();

        var prompt = await rig.WhenEndedAsync(id);
        Assert.Equal((PromptStatus.Completed, 1), (prompt.Status, prompt.Attempts));
    }

    [Fact]
    public async Task A_host_that_nobody_knows_is_as_good_as_away()
    {
        await using var rig = await WorkerRig.StartAsync(("OLLAMA_URL", "http://nosuch.invalid:11434"));
        var id = await rig.SubmitAsync("patient");
        _ = rig.Drain();

        await Eventually.True(
            () => rig.Log.Lines.Any(line => line.Contains("nosuch.invalid:11434/ cannot be reached", StringComparison.Ordinal)));

        Assert.Equal((PromptStatus.Queued, 0), await rig.FindAsync(id) is var prompt ? (prompt.Status, prompt.Attempts) : default);
    }

    [Fact]
    public async Task An_Ollama_that_goes_away_amid_the_work_costs_no_prompt_more_than_the_attempt_that_it_cut()
    {
        await using var rig = await WorkerRig.StartAsync(WorkerRig.LongLease, ("OLLAMA_MAX_ATTEMPTS", "2"));
        rig.Ollama.Faults.Enqueue(Fault.Stall(2));
        var cut = await rig.SubmitAsync("cut");
        var waiting = await rig.SubmitAsync("waiting");
        _ = rig.Drain();
        await rig.Ollama.Requests.WaitForAsync(1).WaitAsync(WorkerRig.Patience);
        await rig.Ollama.RefuseAsync();
        await rig.WhenAsync(cut, PromptStatus.Queued);
        for (var second = 0; second < 100; second++)
            rig.Time.Advance(TimeSpan.FromSeconds(1));

        await rig.Ollama.AcceptAsync();

        Assert.Equal((PromptStatus.Completed, 2), await rig.WhenEndedAsync(cut) is var one ? (one.Status, one.Attempts) : default);
        Assert.Equal((PromptStatus.Completed, 1), await rig.WhenEndedAsync(waiting) is var two ? (two.Status, two.Attempts) : default);
    }
}
