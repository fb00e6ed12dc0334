using Microsoft.Extensions.Time.Testing;
using OllamaProxy.Prompts;
using OllamaProxy.Storage;
using OllamaProxy.Storage.Sqlite;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Storage;

/// <summary>What every <see cref="IPromptStore"/> promises of the changes that clients ask for, and of what ends by itself.</summary>
public abstract partial class PromptChangeTests
{
    private static readonly ClaimTerms Terms = new(2, TimeSpan.FromMinutes(1), 3, "http://ollama/");
    private static readonly PromptResult Partial = new("Par", null, GenerationStatistics.None);

    protected FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 2, 21, 12, 0, 0, TimeSpan.Zero));

    protected abstract IPromptStore Store { get; }

    [StoreFact]
    public async Task A_cancelled_prompt_that_was_queued_is_never_claimed()
    {
        var added = await AddAsync();

        var cancelled = await Store.CancelAsync(added.Id, default);

        Assert.Equal((PromptStatus.Cancelled, Time.GetUtcNow()), (cancelled!.Status, cancelled.CompletedAt));
        Assert.Null(await Store.ClaimAsync(Terms, default));
    }

    [StoreFact]
    public async Task The_worker_of_a_cancelled_prompt_learns_of_it_and_hands_in_what_had_come()
    {
        var added = await AddAsync();
        var lease = (await Store.ClaimAsync(Terms, default))!.Lease;
        Assert.Equal(LeaseState.Held, await Store.GetLeaseStateAsync(lease, default));

        await Store.CancelAsync(added.Id, default);

        Assert.Equal(LeaseState.Cancelled, await Store.GetLeaseStateAsync(lease, default));
        Assert.Equal(LeaseState.Cancelled, await Store.RenewAsync(lease, Terms.LeaseLength, default));
        Assert.True(await Store.StopAsync(lease, Partial, default));
        Assert.Equal("Par", (await Store.WholeResultAsync(added.Id))!.Text);
        Assert.Equal(LeaseState.Lost, await Store.GetLeaseStateAsync(lease, default));
        Assert.Equal(PromptStatus.Cancelled, (await FindAsync(added)).Status);
    }

    [StoreFact]
    public async Task A_slot_is_taken_until_the_worker_has_let_go_of_a_cancelled_prompt()
    {
        var one = Terms with { Concurrency = 1 };
        var added = await AddAsync();
        await AddAsync();
        var lease = (await Store.ClaimAsync(one, default))!.Lease;
        await Store.CancelAsync(added.Id, default);

        Assert.Null(await Store.ClaimAsync(one, default));
        await Store.StopAsync(lease, null, default);
        Assert.NotNull(await Store.ClaimAsync(one, default));
    }

    [StoreFact]
    public async Task A_result_that_comes_after_the_cancel_does_not_complete_the_prompt_but_is_kept()
    {
        var added = await AddAsync();
        var lease = (await Store.ClaimAsync(Terms, default))!.Lease;
        await Store.CancelAsync(added.Id, default);

        Assert.False(await Store.CompleteAsync(lease, Partial with { Text = "Paris" }, default));

        Assert.Equal(PromptStatus.Cancelled, (await FindAsync(added)).Status);
        Assert.Equal("Paris", (await Store.WholeResultAsync(added.Id))!.Text);
    }

    [StoreFact]
    public async Task Cancelling_what_has_ended_changes_nothing()
    {
        var added = await AddAsync();
        await Store.CompleteAsync((await Store.ClaimAsync(Terms, default))!.Lease, Partial, default);
        var before = await FindAsync(added);
        Time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(before, await Store.CancelAsync(added.Id, default));
        Assert.Null(await Store.CancelAsync(Guid.NewGuid(), default));
    }

    [StoreFact]
    public async Task A_failed_prompt_that_is_retried_has_all_its_attempts_again_at_its_old_rank()
    {
        var added = await Add(New() with { MaxAttempts = 1 });
        var lease = (await Store.ClaimAsync(Terms, default))!.Lease;
        await Store.FailAsync(lease, "it broke", Partial, default);
        Time.Advance(TimeSpan.FromHours(1));
        await AddAsync();

        var change = await Store.RetryAsync(added.Id, default);

        Assert.True(change.Allowed);
        Assert.Equal((PromptStatus.Queued, 0, null, added.Rank),
            (change.Prompt!.Status, change.Prompt.Attempts, change.Prompt.Error, change.Prompt.Rank));
        Assert.Null(await Store.WholeResultAsync(added.Id));
        Assert.Equal((added.Id, 1), await Store.ClaimAsync(Terms, default) is { } claimed ? (claimed.Id, claimed.Attempt) : default);
    }

    [StoreFact]
    public async Task A_prompt_that_is_retried_while_its_old_worker_still_runs_is_claimed_once_that_has_let_go()
    {
        var added = await AddAsync();
        var old = (await Store.ClaimAsync(Terms, default))!.Lease;
        await Store.CancelAsync(added.Id, default);
        Assert.True((await Store.RetryAsync(added.Id, default)).Allowed);

        Assert.Null(await Store.ClaimAsync(Terms, default));
        Assert.Equal(LeaseState.Lost, await Store.GetLeaseStateAsync(old, default));
        Assert.False(await Store.StopAsync(old, Partial, default));
        Assert.NotNull(await Store.ClaimAsync(Terms, default));
        Assert.Null(await Store.WholeResultAsync(added.Id));
    }

    [StoreFact]
    public async Task Only_what_failed_or_was_cancelled_can_be_retried()
    {
        var added = await AddAsync();
        Assert.Equal((PromptStatus.Queued, false), await RetryAsync(added));
        var lease = (await Store.ClaimAsync(Terms, default))!.Lease;
        Assert.Equal((PromptStatus.Processing, false), await RetryAsync(added));
        await Store.CompleteAsync(lease, Partial, default);
        Assert.Equal((PromptStatus.Completed, false), await RetryAsync(added));
        Assert.Null((await Store.RetryAsync(Guid.NewGuid(), default)).Prompt);
    }

    [StoreFact]
    public async Task A_new_priority_moves_a_queued_prompt()
    {
        var first = await AddAsync();
        var second = await AddAsync();

        var change = await Store.ChangePriorityAsync(second.Id, 1, default);

        Assert.Equal((true, 1, QueueRank.Of(second.CreatedAt, 1, QueueRank.DefaultAgeingStep)),
            (change.Allowed, change.Prompt!.Priority, change.Prompt.Rank));
        Assert.Equal(second.Id, (await Store.ClaimAsync(Terms, default))!.Id);
        Assert.False((await Store.ChangePriorityAsync(second.Id, 2, default)).Allowed);
        Assert.Equal(first.Id, (await Store.ClaimAsync(Terms, default))!.Id);
        Assert.Null((await Store.ChangePriorityAsync(Guid.NewGuid(), 2, default)).Prompt);
    }

    [StoreFact]
    public async Task A_deleted_prompt_is_gone_with_its_attempts_and_its_worker_can_write_nothing()
    {
        var added = await Add(New() with { IdempotencyKey = "k", Fingerprint = new byte[] { 1 } });
        var lease = (await Store.ClaimAsync(Terms, default))!.Lease;

        Assert.True(await Store.DeleteAsync(added.Id, default));

        Assert.False(await Store.DeleteAsync(added.Id, default));
        Assert.Null(await Store.FindAsync(added.Id, default));
        Assert.Empty(await Store.ListAttemptsAsync(added.Id, default));
        Assert.Equal(LeaseState.Lost, await Store.GetLeaseStateAsync(lease, default));
        Assert.False(await Store.CompleteAsync(lease, Partial, default));
        Assert.Equal(0, (await Store.ListAsync(new(1, 1), default)).Total);
        Assert.NotEqual(added.Id, (await Add(New() with { IdempotencyKey = "k", Fingerprint = new byte[] { 1 } })).Id);
    }

    [StoreFact]
    public async Task A_new_prompt_in_the_place_of_a_deleted_one_is_safe_from_the_old_worker()
    {
        var deleted = await AddAsync();
        var lease = (await Store.ClaimAsync(Terms, default))!.Lease;
        await Store.DeleteAsync(deleted.Id, default);
        var added = await AddAsync();

        Assert.False(await Store.CompleteAsync(lease, Partial, default));

        Assert.Equal(added, await FindAsync(added));
        Assert.Equal((added.Id, 1), await Store.ClaimAsync(Terms, default) is { } claimed ? (claimed.Id, claimed.Attempt) : default);
    }

    [StoreFact]
    public async Task A_purge_removes_what_ended_before_a_time_oldest_first_and_nothing_else()
    {
        var old = new List<Prompt>();
        for (var n = 0; n < 3; n++)
        {
            old.Add(await AddAsync());
            await Store.CompleteAsync((await Store.ClaimAsync(Terms, default))!.Lease, Partial, default);
            Time.Advance(TimeSpan.FromSeconds(1));
        }
        var before = Time.GetUtcNow();
        var young = await AddAsync();
        await Store.CompleteAsync((await Store.ClaimAsync(Terms, default))!.Lease, Partial, default);
        var queued = await AddAsync();

        Assert.Equal(2, await Store.PurgeAsync(before, 2, default));
        Assert.Null(await Store.FindAsync(old[0].Id, default));
        Assert.NotNull(await Store.FindAsync(old[2].Id, default));
        Assert.Equal(1, await Store.PurgeAsync(before, 2, default));
        Assert.Equal([queued.Id, young.Id], (await Store.ListAsync(new(1, 10), default)).Prompts.Select(prompt => prompt.Prompt.Id));
    }

    protected static NewPrompt New(string text = "hello") => new(text, "llama3.2", "{}"u8.ToArray());

    private Task<Prompt> AddAsync() => Add(New());

    private async Task<Prompt> Add(NewPrompt prompt) => (await Store.AddAsync(prompt, 0, default)).Prompt;

    private async Task<Prompt> FindAsync(Prompt prompt) => (await Store.FindAsync(prompt.Id, default))!;

    private async Task<(PromptStatus?, bool)> RetryAsync(Prompt prompt)
    {
        var change = await Store.RetryAsync(prompt.Id, default);
        return (change.Prompt?.Status, change.Allowed);
    }

    private async Task<(long, long, long, long, long)> CountAsync()
    {
        var counts = await Store.CountAsync(null, null, default);
        long Of(PromptStatus status) => counts.GetValueOrDefault(status);
        return (Of(PromptStatus.Queued), Of(PromptStatus.Processing),
            Of(PromptStatus.Completed), Of(PromptStatus.Failed), Of(PromptStatus.Cancelled));
    }

    private static (Guid, SubmissionOutcome) Of(Submission submission) => (submission.Prompt.Id, submission.Outcome);
}
