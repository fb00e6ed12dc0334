using System.Text;
using Microsoft.Extensions.Time.Testing;
using OllamaProxy.Prompts;
using OllamaProxy.Storage;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Storage;

/// <summary>What every <see cref="IPromptStore"/> promises.</summary>
public abstract class PromptStoreTests
{
    private static readonly ClaimTerms OneAtATime = new(1, TimeSpan.FromMinutes(1), 3, "http://ollama/");
    private static readonly ClaimTerms TenAtATime = OneAtATime with { Concurrency = 10 };
    private static readonly PromptResult Answer = new("Paris", "Hmm", new() { DoneReason = "stop", TotalDuration = 1, LoadDuration = 2, PromptEvalCount = 3, PromptEvalDuration = 4, EvalCount = 5, EvalDuration = 6 });

    protected FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 2, 21, 12, 0, 0, TimeSpan.Zero));

    protected abstract IPromptStore Store { get; }

    [StoreFact]
    public async Task A_submitted_prompt_is_queued_and_found_by_its_id()
    {
        var added = await AddAsync("hello");
        var found = await FindAsync(added);

        Assert.Equal(added, found);
        Assert.Equal(7, added.Id.Version);
        Assert.Equal((PromptStatus.Queued, "llama3.2", 0, Time.GetUtcNow(), Time.GetUtcNow()), (found.Status, found.Model, found.Attempts, found.CreatedAt, found.UpdatedAt));
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
        var added = await AddAsync(new NewPrompt(text, "m", "{\"x\":1.50,\"ü\":\"\\u00fc\"}"u8.ToArray()) { Metadata = "{\"a\":[1e2]}"u8.ToArray() });

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

        Assert.Equal((added.Id, 1, "llama3.2", 7, TimeSpan.FromSeconds(1.5)), (claimed!.Id, claimed.Attempt, claimed.Model, claimed.MaxAttempts, claimed.Timeout));
        var found = await FindAsync(added);
        Assert.Equal((PromptStatus.Processing, 1, Time.GetUtcNow(), Time.GetUtcNow()), (found.Status, found.Attempts, found.StartedAt, found.UpdatedAt));
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
    public async Task A_completed_prompt_keeps_its_result_and_statistics()
    {
        var added = await AddAsync("hello");
        var claimed = await ClaimAsync();
        Time.Advance(TimeSpan.FromSeconds(2));

        Assert.True(await Store.CompleteAsync(claimed!.Lease, Answer, default));

        Assert.Equal(Answer, await Store.WholeResultAsync(added.Id));
        var found = await FindAsync(added);
        Assert.Equal((PromptStatus.Completed, Time.GetUtcNow(), Time.GetUtcNow(), null), (found.Status, found.CompletedAt, found.UpdatedAt, found.Error));
    }

    [StoreFact]
    public async Task A_failed_prompt_keeps_its_error_and_what_had_come()
    {
        var added = await AddAsync("hello");
        var claimed = await ClaimAsync();

        Assert.True(await Store.FailAsync(claimed!.Lease, "it broke", new("Par", null, GenerationStatistics.None), default));

        Assert.Equal("Par", (await Store.WholeResultAsync(added.Id))!.Text);
        var found = await FindAsync(added);
        Assert.Equal((PromptStatus.Failed, "it broke", Time.GetUtcNow()), (found.Status, found.Error, found.CompletedAt));
        Assert.Null(await ClaimAsync());
    }

    [StoreFact]
    public async Task A_requeued_prompt_is_claimed_again_when_its_time_has_come_and_keeps_its_rank()
    {
        var added = await AddAsync("first", "second");
        var claimed = await ClaimAsync();
        var availableAt = Time.GetUtcNow() + TimeSpan.FromSeconds(10);
        Assert.True(await Store.RequeueAsync(claimed!.Lease, "once more", null, availableAt, counts: true, default));

        var waiting = await FindAsync(added[0]);
        Assert.Equal((PromptStatus.Queued, "once more", 1, null), (waiting.Status, waiting.Error, waiting.Attempts, waiting.StartedAt));
        Assert.Equal(added[1].Id, (await ClaimAsync(TenAtATime))!.Id);
        Assert.Null(await ClaimAsync(TenAtATime));
        Time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal((added[0].Id, 2), await ClaimAsync(TenAtATime) is { } again ? (again.Id, again.Attempt) : default);
    }

    [StoreFact]
    public async Task An_attempt_that_does_not_count_is_recorded_and_leaves_the_prompt_all_of_its_attempts()
    {
        var added = await AddAsync("hello");
        var claimed = await ClaimAsync();
        Assert.True(await Store.RequeueAsync(claimed!.Lease, "not here", null, Time.GetUtcNow(), counts: false, default));

        var waiting = await FindAsync(added);
        Assert.Equal((PromptStatus.Queued, "not here", 0), (waiting.Status, waiting.Error, waiting.Attempts));
        var again = await ClaimAsync();
        Assert.Equal((1, null), (again!.Attempt, again.LastError));
        Assert.Equal(["not here", null], (await Store.ListAttemptsAsync(added.Id, default)).Select(attempt => attempt.Error));
    }

    [StoreFact]
    public async Task A_claim_tells_what_the_attempt_before_failed_with()
    {
        await AddAsync("hello");
        var first = await ClaimAsync();
        Assert.Null(first!.LastError);
        await Store.RequeueAsync(first.Lease, "it broke", null, Time.GetUtcNow(), counts: true, default);
        Assert.Equal("it broke", (await ClaimAsync())!.LastError);
    }

    [StoreFact]
    public async Task A_requeued_prompt_comes_before_younger_ones()
    {
        await AddAsync("first", "second");
        var claimed = await ClaimAsync();
        await Store.RequeueAsync(claimed!.Lease, "once more", null, Time.GetUtcNow(), counts: true, default);

        Assert.Equal(["first", "second"], await ClaimAllTextsAsync());
    }

    [StoreFact]
    public async Task A_released_prompt_is_as_if_it_had_not_been_claimed()
    {
        var added = await AddAsync("hello");
        var claimed = await ClaimAsync();

        Assert.True(await Store.ReleaseAsync(claimed!.Lease, null, default));

        Assert.Equal(added, await FindAsync(added));
        Assert.Equal(1, (await ClaimAsync())!.Attempt);
    }

    [StoreFact]
    public async Task A_prompt_whose_lease_ran_out_is_queued_again()
    {
        await AddAsync("hello");
        var lost = await ClaimAsync();
        Time.Advance(OneAtATime.LeaseLength);

        var again = await ClaimAsync();

        Assert.Equal((lost!.Id, 2), (again!.Id, again.Attempt));
        Assert.NotEqual(lost.Lease, again.Lease);
    }

    [StoreFact]
    public async Task A_prompt_whose_lease_ran_out_on_the_last_attempt_fails()
    {
        var added = await AddAsync("hello");
        for (var attempt = 1; attempt <= OneAtATime.MaxAttempts; attempt++)
        {
            Assert.Equal(attempt, (await ClaimAsync())!.Attempt);
            Time.Advance(OneAtATime.LeaseLength);
        }

        Assert.Null(await ClaimAsync());
        var found = await FindAsync(added);
        Assert.Equal((PromptStatus.Failed, 3, Time.GetUtcNow()), (found.Status, found.Attempts, found.CompletedAt));
        Assert.Contains("lease", found.Error, StringComparison.Ordinal);
    }

    [StoreFact]
    public async Task A_renewed_lease_holds()
    {
        await AddAsync("hello");
        var claimed = await ClaimAsync();
        Time.Advance(TimeSpan.FromSeconds(40));
        Assert.Equal(LeaseState.Held, await Store.RenewAsync(claimed!.Lease, OneAtATime.LeaseLength, default));
        Time.Advance(TimeSpan.FromSeconds(40));

        Assert.Null(await ClaimAsync());
        Assert.True(await Store.CompleteAsync(claimed.Lease, Answer, default));
    }

    [StoreFact]
    public async Task A_lost_lease_writes_nothing()
    {
        var added = await AddAsync("hello");
        var lost = (await ClaimAsync())!.Lease;
        Time.Advance(OneAtATime.LeaseLength);
        var holder = await ClaimAsync();
        var before = await FindAsync(added);

        Assert.Equal(LeaseState.Lost, await Store.RenewAsync(lost, OneAtATime.LeaseLength, default));
        Assert.Equal(LeaseState.Lost, await Store.GetLeaseStateAsync(lost, default));
        Assert.False(await Store.CompleteAsync(lost, Answer, default));
        Assert.False(await Store.FailAsync(lost, "stale", null, default));
        Assert.False(await Store.RequeueAsync(lost, "stale", null, Time.GetUtcNow(), counts: true, default));
        Assert.False(await Store.ReleaseAsync(lost, null, default));

        Assert.Equal(before, await FindAsync(added));
        Assert.Null(await Store.WholeResultAsync(added.Id));
        Assert.True(await Store.CompleteAsync(holder!.Lease, Answer, default));
    }

    [StoreFact]
    public async Task The_first_result_stands()
    {
        var added = await AddAsync("hello");
        var claimed = await ClaimAsync();
        await Store.CompleteAsync(claimed!.Lease, Answer, default);

        Assert.False(await Store.CompleteAsync(claimed.Lease, Answer with { Text = "Rome" }, default));
        Assert.Equal("Paris", (await Store.WholeResultAsync(added.Id))!.Text);
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
    public async Task A_sweep_tells_whether_anything_is_queued_due_or_not()
    {
        Assert.False(await Store.RecoverExpiredAsync(OneAtATime, [], default));
        await AddAsync("hello");
        Assert.True(await Store.RecoverExpiredAsync(OneAtATime, [], default));
        var claimed = await ClaimAsync();
        Assert.False(await Store.RecoverExpiredAsync(OneAtATime, [], default));
        await Store.RequeueAsync(claimed!.Lease, "later", null, Time.GetUtcNow() + TimeSpan.FromHours(1), counts: true, default);
        Assert.True(await Store.RecoverExpiredAsync(OneAtATime, [], default));
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

        Assert.Equal(new string('ü', PromptSummary.PreviewLength), Assert.Single((await Store.ListAsync(new(1, 1), default)).Prompts).Preview);
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

    private async Task<List<string>> ListAsync(PromptQuery query) => [.. (await Store.ListAsync(query, default)).Prompts.Select(prompt => prompt.Preview)];

    private async Task<List<string>> ClaimAllTextsAsync()
    {
        var texts = new List<string>();
        while (await ClaimAsync(TenAtATime) is { } prompt)
            texts.Add(prompt.Text);
        return texts;
    }
}
