using OllamaProxy.Prompts;
using OllamaProxy.Protocol;
using OllamaProxy.Storage;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Storage;

/// <content>How models are loaded for prompts, and prompts that were cut.</content>
public abstract partial class PromptStoreTests
{
    private const string Large = "num_ctx=16384";

    [StoreFact]
    public async Task The_options_to_load_a_model_with_are_kept_with_the_prompt_and_in_the_snapshot()
    {
        var plain = await AddAsync("plain");
        var large = await AddAsync(New("large") with { LoadOptions = Large });
        var batch = await Store.AddBatchAsync(
            Guid.NewGuid(), [New("first"), New("second") with { LoadOptions = "num_gpu=1" }], 0, default);

        Assert.Equal(["", Large, "", "num_gpu=1"],
            new[] { (await FindAsync(plain)).LoadOptions, (await FindAsync(large)).LoadOptions, (await FindAsync(batch[0])).LoadOptions,
                (await FindAsync(batch[1])).LoadOptions });
        Assert.Equal(large, await FindAsync(large));
        Assert.Equal(["", Large, "", "num_gpu=1"], (await SnapshotAsync()).Prompts.Select(prompt => prompt.LoadOptions));

        Assert.Equal(plain.Id, (await ClaimAsync(TenAtATime))!.Id);
        Assert.Equal(large.Id, (await ClaimAsync(TenAtATime))!.Id);
        Assert.Equal(["", Large], (await SnapshotAsync()).Running.Select(lease => lease.LoadOptions).Order());
    }

    [StoreFact]
    public async Task A_submission_that_is_repeated_leaves_the_options_of_the_first_alone()
    {
        var keyed = New("one") with { Id = Guid.NewGuid(), Fingerprint = new byte[] { 1 } };
        var first = await AddAsync(keyed);
        await Store.AddAsync(keyed with { LoadOptions = Large, Fingerprint = new byte[] { 2 } }, 0, default);
        Assert.Equal("", (await FindAsync(first)).LoadOptions);
    }

    [StoreFact]
    public async Task Many_ways_to_load_a_model_are_offered_by_the_first_prompts_and_by_what_is_loaded()
    {
        for (var length = 1; length <= 20; length++)
            await AddAsync(New($"{length}") with { LoadOptions = LoadOptions.OfContext(length) });

        var terms = new SnapshotTerms(8, Guid.NewGuid())
        {
            ModelsWithRoom = [new HashSet<string> { "llama3.2:latest" }],
            Loaded = new HashSet<LoadKey> { new("llama3.2:latest", LoadOptions.OfContext(20)) },
        };
        var offered = await Store.ReadSnapshotAsync(terms, default);
        Assert.True(offered.IsPartial);
        Assert.Equal([.. Enumerable.Range(1, 8), 20],
            offered.Prompts.Select(prompt => (int)LoadOptions.ContextLength(prompt.LoadOptions)!.Value));
    }

    [StoreFact]
    public async Task A_completed_prompt_that_was_cut_says_to_how_many_tokens()
    {
        var (cut, whole) = (await AddAsync("cut"), await AddAsync("whole"));
        await Store.CompleteAsync((await ClaimAsync())!.Lease, Answer with { TruncatedTo = 2050 }, default);
        await Store.CompleteAsync((await ClaimAsync())!.Lease, Answer, default);

        Assert.Equal((2050L, null), ((await FindAsync(cut)).TruncatedTo, (await FindAsync(whole)).TruncatedTo));
        Assert.Equal([null, 2050L], (await Store.ListAsync(new(1, 10), default)).Prompts.Select(summary => summary.Prompt.TruncatedTo));
    }

    [StoreFact]
    public async Task An_attempt_whose_lease_is_lost_does_not_say_that_the_prompt_was_cut()
    {
        var prompt = await AddAsync("cut");
        var lease = (await ClaimAsync())!.Lease;
        await Store.CancelAsync(prompt.Id, default);
        await Store.CompleteAsync(lease, Answer with { TruncatedTo = 2050 }, default);
        Assert.Null((await FindAsync(prompt)).TruncatedTo);
    }

    private Task<QueueSnapshot> SnapshotAsync() => Store.ReadSnapshotAsync(new(100, Guid.NewGuid()), default);
}
