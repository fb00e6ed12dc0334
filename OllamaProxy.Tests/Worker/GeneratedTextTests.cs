using OllamaProxy.Prompts;
using OllamaProxy.Simulator.Faults;
using OllamaProxy.Simulator.Generation;
using OllamaProxy.Tests.Storage;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Worker;

/// <summary>What a generation leaves on disk while it runs.</summary>
public class GeneratedTextTests
{
    private const string Text = "generated";

    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(60);
    private static readonly string Partial = string.Concat(Simulation.TokensOf(Text, 6));

    /// <summary>The clock is moved until a text is on disk, which may take a while: no limit of the attempt may be met by that.</summary>
    private static readonly (string, string)[] NoLimits =
        [WorkerRig.LongLease, ("OLLAMA_TIMEOUT", "86400"), ("OLLAMA_IDLE_TIMEOUT", "86400")];

    [Fact]
    public async Task What_was_generated_is_on_disk_half_a_second_later_and_written_once()
    {
        await using var rig = await WorkerRig.StartAsync();
        var prompt = await StalledAsync(rig);
        Assert.Equal(0L, await ChunksAsync(rig));

        var other = await rig.OpenSecondStoreAsync();
        rig.Time.Advance(Tick);
        await Eventually.NotNull(async () => (await other.ReadGeneratedAsync(prompt, default, default)).Text == Partial ? "there" : null);
        for (var tick = 0; tick < 5; tick++)
        {
            rig.Time.Advance(Tick);
            await rig.Store.GetLeaseStateAsync(default, default);
        }

        Assert.Equal(1L, await ChunksAsync(rig));
        Assert.Equal(Partial[4..], (await other.ReadGeneratedAsync(prompt, new(4, 0), default)).Text);
    }

    [Fact]
    public async Task It_is_on_disk_after_150_ms_where_another_process_has_written_and_may_follow_it()
    {
        await using var rig = await WorkerRig.StartAsync();
        var other = await rig.OpenSecondStoreAsync();
        await other.CancelAsync((await other.AddAsync(new("theirs", "m", "{}"u8.ToArray()), 0, default)).Prompt.Id, default);
        var prompt = await StalledAsync(rig);

        rig.Time.Advance(TimeSpan.FromMilliseconds(150));

        await Eventually.NotNull(async () => (await other.ReadGeneratedAsync(prompt, default, default)).Text == Partial ? "there" : null);
    }

    [Fact]
    public async Task A_prompt_whose_worker_died_for_good_fails_with_what_it_had_generated()
    {
        await using var rig = await WorkerRig.StartAsync([.. NoLimits, ("OLLAMA_MAX_ATTEMPTS", "1")]);
        var prompt = await KeptAsync(rig);

        // As if the worker's process had been killed: nobody renews the lease any more.
        var other = await rig.OpenSecondStoreAsync();
        await rig.Home.QueryAsync("UPDATE leases SET expires_at = 0");
        await other.RecoverExpiredAsync(new(1, Lease, 1, "http://ollama/"), [], default);

        Assert.Equal(PromptStatus.Failed, (await other.FindAsync(prompt.Id, default))!.Status);
        Assert.Equal(Partial, (await other.WholeResultAsync(prompt.Id))!.Text);
        Assert.Equal(0L, await ChunksAsync(rig));
    }

    [Fact]
    public async Task A_cancelled_prompt_keeps_what_was_on_disk_though_its_worker_never_comes_back()
    {
        await using var rig = await WorkerRig.StartAsync(NoLimits);
        var prompt = await KeptAsync(rig);

        var other = await rig.OpenSecondStoreAsync();
        await other.CancelAsync(prompt.Id, default);

        Assert.Equal(Partial, (await other.WholeResultAsync(prompt.Id))!.Text);
        Assert.Equal(0L, await ChunksAsync(rig));
    }

    [Fact]
    public async Task Nothing_of_an_attempt_is_left_on_disk_for_the_next_one()
    {
        await using var rig = await WorkerRig.StartAsync(NoLimits);
        var prompt = await KeptAsync(rig);

        await rig.Ollama.RefuseAsync();
        await rig.Ollama.AcceptAsync();
        await rig.WhenEndedAsync(prompt.Id);

        Assert.Equal(Simulation.AnswerTo(Text), (await rig.Store.WholeResultAsync(prompt.Id))!.Text);
        Assert.Equal(0L, await ChunksAsync(rig));
    }

    /// <summary>A prompt that stops amid its answer, in this process.</summary>
    private static async Task<Prompt> StalledAsync(WorkerRig rig)
    {
        rig.Ollama.Faults.Enqueue(Fault.Stall(6));
        var id = await rig.SubmitAsync(Text);
        _ = rig.Drain();
        var prompt = await rig.WhenAsync(id, PromptStatus.Processing);
        await Eventually.True(() => rig.Live.Find(prompt)?.Text.Length == Partial.Length);
        return prompt;
    }

    /// <summary>The same, when it is on disk.</summary>
    private static async Task<Prompt> KeptAsync(WorkerRig rig)
    {
        var prompt = await StalledAsync(rig);
        await Eventually.NotNull(async () =>
        {
            rig.Time.Advance(Tick);
            return (await rig.Store.ReadGeneratedAsync(prompt, default, default)).Text == Partial ? "there" : null;
        });
        return prompt;
    }

    private static Task<long> ChunksAsync(WorkerRig rig) => rig.Home.NumberAsync("SELECT count(*) FROM chunks");
}
