using System.Text;
using Microsoft.Extensions.Time.Testing;
using OllamaProxy.Prompts;
using OllamaProxy.Storage;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Storage;

/// <content>How attempts end, and what a lease is worth.</content>
public abstract partial class PromptStoreTests
{
    [StoreFact]
    public async Task A_completed_prompt_keeps_its_result_and_statistics()
    {
        var added = await AddAsync("hello");
        var claimed = await ClaimAsync();
        Time.Advance(TimeSpan.FromSeconds(2));

        Assert.True(await Store.CompleteAsync(claimed!.Lease, Answer, default));

        Assert.Equal(Answer, await Store.WholeResultAsync(added.Id));
        var found = await FindAsync(added);
        Assert.Equal((PromptStatus.Completed, Time.GetUtcNow(), Time.GetUtcNow(), null),
            (found.Status, found.CompletedAt, found.UpdatedAt, found.Error));
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
}
