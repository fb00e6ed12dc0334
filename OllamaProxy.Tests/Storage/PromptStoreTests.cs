using System.Text;
using Microsoft.Extensions.Time.Testing;
using OllamaProxy.Prompts;
using OllamaProxy.Storage;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Storage;

/// <summary>What every <see cref="IPromptStore"/> promises.</summary>
public abstract partial class PromptStoreTests
{
    private static readonly ClaimTerms OneAtATime = new(1, TimeSpan.FromMinutes(1), 3, "http://ollama/");
    private static readonly ClaimTerms TenAtATime = OneAtATime with { Concurrency = 10 };
    private static readonly PromptResult Answer = new("Paris", "Hmm", new()
    {
        DoneReason = "stop",
        TotalDuration = 1,
        LoadDuration = 2,
        PromptEvalCount = 3,
        PromptEvalDuration = 4,
        EvalCount = 5,
        EvalDuration = 6,
    });

    protected FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 2, 21, 12, 0, 0, TimeSpan.Zero));

    protected abstract IPromptStore Store { get; }

    [StoreFact]
    public async Task A_submitted_prompt_is_queued_and_found_by_its_id()
    {
        var added = await AddAsync("hello");
        var found = await FindAsync(added);

        Assert.Equal(added, found);
        Assert.Equal(7, added.Id.Version);
        Assert.Equal((PromptStatus.Queued, "llama3.2", 0, Time.GetUtcNow(), Time.GetUtcNow()),
            (found.Status, found.Model, found.Attempts, found.CreatedAt, found.UpdatedAt));
        Assert.Null(found.StartedAt);
        Assert.Null(found.CompletedAt);
    }

    [StoreFact]
    public async Task An_unknown_id_is_not_found()
    {
        Assert.Null(await Store.FindAsync(Guid.NewGuid(), default));
        Assert.Null(await Store.FindContentAsync(Guid.NewGuid(), default));
        Assert.Null(await Store.WholeResultAsync(Guid.NewGuid()));
    }

    [StoreTheory]
    [InlineData("plain")]
    [InlineData("Zürich 東京 👩‍🚀 \u0000 \r\n\t \" \\ '; DROP TABLE prompts; --")]
    public async Task Texts_come_back_as_they_went_in(string text)
    {
        var added = await AddAsync(
            new NewPrompt(text, "m", "{\"x\":1.50,\"ü\":\"\\u00fc\"}"u8.ToArray()) { Metadata = "{\"a\":[1e2]}"u8.ToArray() });

        var content = await Store.FindContentAsync(added.Id, default);
        Assert.Equal((text, "{\"a\":[1e2]}"), (content!.Text, Encoding.UTF8.GetString(content.Metadata!.Value.Span)));
        var claimed = await ClaimAsync();
        Assert.Equal((text, "{\"x\":1.50,\"ü\":\"\\u00fc\"}"), (claimed!.Text, Encoding.UTF8.GetString(claimed.Request.Span)));

        await Store.CompleteAsync(claimed.Lease, new(text, text, GenerationStatistics.None), default);
        var result = await Store.WholeResultAsync(added.Id);
        Assert.Equal((text, text), (result!.Text, result.Thinking));
    }

    [StoreFact]
    public async Task A_prompt_without_metadata_has_none() =>
        Assert.Null((await Store.FindContentAsync((await AddAsync("plain")).Id, default))!.Metadata);

    [StoreFact]
    public async Task Prompts_are_claimed_in_order_of_arrival()
    {
        var added = await AddAsync("first", "second", "third");

        var claimed = new List<Guid>();
        while (await ClaimAsync(TenAtATime) is { } prompt)
            claimed.Add(prompt.Id);
        Assert.Equal(added.Select(prompt => prompt.Id), claimed);
    }

    [StoreFact]
    public async Task A_priority_is_a_head_start_of_five_minutes_a_point()
    {
        await AddAsync("old");
        Time.Advance(TimeSpan.FromMinutes(5));
        await AddAsync(New("tie, but later") with { Priority = 1 });
        await AddAsync(New("two points") with { Priority = 2 });
        await AddAsync(New("late") with { Priority = -1 });

        Assert.Equal(["two points", "old", "tie, but later", "late"], await ClaimAllTextsAsync());
    }

    [StoreFact]
    public async Task A_claimed_prompt_is_processing_and_counts_the_attempt()
    {
        var added = await AddAsync(New("hello") with { MaxAttempts = 7, Timeout = TimeSpan.FromSeconds(1.5) });
        Time.Advance(TimeSpan.FromSeconds(3));

        var claimed = await ClaimAsync();

        Assert.Equal((added.Id, 1, "llama3.2", 7, TimeSpan.FromSeconds(1.5)),
            (claimed!.Id, claimed.Attempt, claimed.Model, claimed.MaxAttempts, claimed.Timeout));
        var found = await FindAsync(added);
        Assert.Equal((PromptStatus.Processing, 1, Time.GetUtcNow(), Time.GetUtcNow()),
            (found.Status, found.Attempts, found.StartedAt, found.UpdatedAt));
    }

    [StoreFact]
    public async Task No_more_leases_are_given_than_the_terms_allow()
    {
        await AddAsync("one", "two", "three");
        var two = OneAtATime with { Concurrency = 2 };

        var first = await ClaimAsync(two);
        Assert.NotNull(await ClaimAsync(two));
        Assert.Null(await ClaimAsync(two));
        await Store.CompleteAsync(first!.Lease, Answer, default);
        Assert.NotNull(await ClaimAsync(two));
    }

    [StoreFact]
    public async Task A_prompt_that_is_to_follow_another_shares_its_slot_and_takes_it_over()
    {
        await AddAsync("one", "two", "three", "four");
        var first = (await ClaimAsync())!.Lease;
        var second = (await ClaimAsync(OneAtATime with { PredecessorLease = first }))!.Lease;
        Assert.Null(await ClaimAsync());

        await Store.CompleteAsync(first, Answer, default);
        Assert.Null(await ClaimAsync());
        await Store.CompleteAsync(second, Answer, default);
        Assert.NotNull(await ClaimAsync());
        // Those that were given up have no slot to share.
        Assert.Null(await ClaimAsync(OneAtATime with { PredecessorLease = second }));
    }

    [StoreFact]
    public async Task Claims_made_at_once_never_give_a_prompt_to_two()
    {
        await AddAsync([.. Enumerable.Range(0, 20).Select(n => $"prompt {n}")]);
        var terms = OneAtATime with { Concurrency = 15 };

        var claims = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => Task.Run(() => ClaimAsync(terms))));

        var claimed = claims.OfType<ClaimedPrompt>().ToList();
        Assert.Equal(15, claimed.Count);
        Assert.Equal(15, claimed.DistinctBy(prompt => prompt.Id).Count());
        Assert.Equal(15, claimed.DistinctBy(prompt => prompt.Lease.Token).Count());
    }

    [StoreFact]
    public async Task The_position_counts_the_queued_prompts_ahead()
    {
        var added = await AddAsync("first", "second", "third");
        var urgent = await AddAsync(New("urgent") with { Priority = 1 });

        Assert.Equal(0, await Store.CountAheadAsync(urgent, default));
        Assert.Equal(3, await Store.CountAheadAsync(added[2], default));
        await ClaimAsync();
        Assert.Equal(2, await Store.CountAheadAsync(added[2], default));
    }

    [StoreFact]
    public async Task A_list_is_paged_newest_first()
    {
        var added = await AddAsync("1", "2", "3", "4", "5");

        var page = await Store.ListAsync(new(2, 2), default);

        Assert.Equal(5, page.Total);
        Assert.Equal(["3", "2"], page.Prompts.Select(prompt => prompt.Preview));
        Assert.Equal(added[2], page.Prompts[0].Prompt);
        var past = await Store.ListAsync(new(4, 2), default);
        Assert.Equal((0, 5L), (past.Prompts.Count, past.Total));
        Assert.Empty((await Store.ListAsync(new(int.MaxValue, 100), default)).Prompts);
    }

    [StoreFact]
    public async Task A_list_can_be_filtered_by_status_model_and_text()
    {
        await AddAsync("apple pie", "Apple 100%", "pear");
        await AddAsync(New("apple_x") with { Model = "tiny" });
        await ClaimAsync();

        Assert.Equal(["apple pie"], await ListAsync(new(1, 10) { Status = PromptStatus.Processing }));
        Assert.Equal(["apple_x"], await ListAsync(new(1, 10) { Model = "tiny" }));
        Assert.Equal(["apple_x", "Apple 100%", "apple pie"], await ListAsync(new(1, 10) { Search = "APPLE" }));
        Assert.Equal(["Apple 100%"], await ListAsync(new(1, 10) { Search = "%" }));
        Assert.Equal(["apple_x"], await ListAsync(new(1, 10) { Search = "_" }));
        Assert.Equal(["Apple 100%"], await ListAsync(new(1, 10) { Search = "apple", Model = "llama3.2", Status = PromptStatus.Queued }));
    }

    [StoreFact]
    public async Task A_preview_is_the_beginning_of_a_long_text()
    {
        await AddAsync(new string('ü', 1000));

        Assert.Equal(new string('ü', PromptSummary.PreviewLength),
            Assert.Single((await Store.ListAsync(new(1, 1), default)).Prompts).Preview);
    }

    [StoreFact]
    public async Task Prompts_submitted_at_once_are_all_kept()
    {
        var added = await Task.WhenAll(Enumerable.Range(0, 200).Select(n => Task.Run(() => AddAsync($"prompt {n}"))));

        Assert.Equal(200, added.DistinctBy(prompt => prompt.Id).Count());
        Assert.Equal(200, added.DistinctBy(prompt => prompt.Seq).Count());
        Assert.Equal(200, (await Store.ListAsync(new(1, 1), default)).Total);
    }

    protected static NewPrompt New(string text) => new(text, "llama3.2", "{}"u8.ToArray());

    protected Task<Prompt> AddAsync(string text) => AddAsync(New(text));

    protected async Task<Prompt> AddAsync(NewPrompt prompt) => (await Store.AddAsync(prompt, 0, default)).Prompt;

    private async Task<List<Prompt>> AddAsync(params string[] texts)
    {
        var added = new List<Prompt>();
        foreach (var text in texts)
            added.Add(await AddAsync(text));
        return added;
    }

    protected Task<ClaimedPrompt?> ClaimAsync(ClaimTerms? terms = null) => Store.ClaimAsync(terms ?? OneAtATime, default);

    private async Task<Prompt> FindAsync(Prompt prompt) => (await Store.FindAsync(prompt.Id, default))!;

    private async Task<List<string>> ListAsync(PromptQuery query) =>
        [.. (await Store.ListAsync(query, default)).Prompts.Select(prompt => prompt.Preview)];

    private async Task<List<string>> ClaimAllTextsAsync()
    {
        var texts = new List<string>();
        while (await ClaimAsync(TenAtATime) is { } prompt)
            texts.Add(prompt.Text);
        return texts;
    }
}
