using Microsoft.Extensions.Time.Testing;
using OllamaProxy.Prompts;
using OllamaProxy.Storage;
using OllamaProxy.Storage.Sqlite;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Storage;

/// <content>Keys, ids, batches, limits and what is counted.</content>
public abstract partial class PromptChangeTests
{
    [StoreFact]
    public async Task The_same_key_and_body_give_the_same_prompt_for_a_day()
    {
        var keyed = New() with { IdempotencyKey = "k", Fingerprint = new byte[] { 1 } };
        var added = await Add(keyed);
        Time.Advance(TimeSpan.FromHours(23));

        Assert.Equal(new Submission(added, SubmissionOutcome.Repeated), await Store.AddAsync(keyed, 0, default));
        Assert.Equal(new Submission(added, SubmissionOutcome.Conflicting),
            await Store.AddAsync(keyed with { Fingerprint = new byte[] { 2 } }, 0, default));
        Time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(SubmissionOutcome.Accepted, (await Store.AddAsync(keyed, 0, default)).Outcome);
        Assert.Equal(2, (await Store.ListAsync(new(1, 1), default)).Total);
    }

    [StoreFact]
    public async Task Submissions_with_one_key_that_come_at_once_queue_one_prompt()
    {
        var keyed = New() with { IdempotencyKey = "k", Fingerprint = new byte[] { 1 } };

        var submissions = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(() => Store.AddAsync(keyed, 0, default))));

        Assert.Single(submissions, submission => submission.Outcome == SubmissionOutcome.Accepted);
        Assert.Single(submissions.Select(submission => submission.Prompt.Id).Distinct());
    }

    [StoreFact]
    public async Task An_id_of_the_clients_own_is_taken_once()
    {
        var own = New() with { Id = Guid.NewGuid(), Fingerprint = new byte[] { 1 } };

        Assert.Equal((own.Id!.Value, SubmissionOutcome.Accepted), Of(await Store.AddAsync(own, 0, default)));
        Assert.Equal((own.Id!.Value, SubmissionOutcome.Repeated), Of(await Store.AddAsync(own, 0, default)));
        Assert.Equal((own.Id!.Value, SubmissionOutcome.Conflicting),
            Of(await Store.AddAsync(own with { Fingerprint = new byte[] { 2 } }, 0, default)));
        var posted = await AddAsync();
        Assert.Equal((posted.Id, SubmissionOutcome.Conflicting), Of(await Store.AddAsync(own with { Id = posted.Id }, 0, default)));
    }

    [StoreFact]
    public async Task A_full_queue_takes_nothing_until_there_is_room()
    {
        await Store.AddAsync(New(), 2, default);
        await Store.AddAsync(New(), 2, default);

        var full = await Assert.ThrowsAsync<QueueFullException>(() => Store.AddAsync(New(), 2, default));
        Assert.Contains("2 prompts wait", full.Message, StringComparison.Ordinal);
        await Store.ClaimAsync(Terms, default);
        Assert.Equal(SubmissionOutcome.Accepted, (await Store.AddAsync(New(), 2, default)).Outcome);
        Assert.Equal(3, (await Store.ListAsync(new(1, 1), default)).Total);
    }

    [StoreFact]
    public async Task A_repetition_is_answered_even_when_the_queue_is_full()
    {
        var keyed = New() with { IdempotencyKey = "k", Fingerprint = new byte[] { 1 } };
        await Store.AddAsync(keyed, 1, default);

        Assert.Equal(SubmissionOutcome.Repeated, (await Store.AddAsync(keyed, 1, default)).Outcome);
    }

    [StoreFact]
    public async Task A_batch_is_queued_whole_in_its_order_or_not_at_all()
    {
        var batch = Guid.NewGuid();
        var prompts = await Store.AddBatchAsync(batch, [New("1"), New("2"), New("3")], 5, default);
        await Assert.ThrowsAsync<QueueFullException>(() => Store.AddBatchAsync(Guid.NewGuid(), [New(), New(), New()], 5, default));

        Assert.All(prompts, prompt => Assert.Equal(batch, prompt.Batch));
        var page = await Store.ListAsync(new(1, 10) { Batch = batch }, default);
        Assert.Equal(["3", "2", "1"], page.Prompts.Select(prompt => prompt.Preview));
        await AddAsync();
        await Store.ClaimAsync(Terms, default);
        Assert.Equal(new Dictionary<PromptStatus, long> { [PromptStatus.Queued] = 2, [PromptStatus.Processing] = 1 },
            await Store.CountAsync(batch, null, default));
        Assert.Empty(await Store.CountAsync(Guid.NewGuid(), null, default));
    }

    [StoreFact]
    public async Task Counts_follow_every_change_of_status()
    {
        var first = await AddAsync();
        await AddAsync();
        await AddAsync();
        await Store.CompleteAsync((await Store.ClaimAsync(Terms, default))!.Lease, Partial, default);
        await Store.FailAsync((await Store.ClaimAsync(Terms, default))!.Lease, "it broke", null, default);

        Assert.Equal((1, 0, 1, 1, 0), await CountAsync());
        await Store.DeleteAsync(first.Id, default);
        Assert.Equal((1, 0, 0, 1, 0), await CountAsync());
        Assert.Equal(1, (await Store.ListAsync(new(1, 1) { Status = PromptStatus.Failed }, default)).Total);
    }

    [StoreFact]
    public async Task A_queued_prompt_that_expires_fails_and_says_why()
    {
        var added = await Add(New() with { ExpiresIn = TimeSpan.FromSeconds(30) });
        Time.Advance(TimeSpan.FromSeconds(29));
        Assert.True(await Store.RecoverExpiredAsync(Terms, [], default));
        Time.Advance(TimeSpan.FromSeconds(1));

        Assert.False(await Store.RecoverExpiredAsync(Terms, [], default));

        var failed = await FindAsync(added);
        Assert.Equal((PromptStatus.Failed, Time.GetUtcNow()), (failed.Status, failed.CompletedAt));
        Assert.Contains("expires_in", failed.Error, StringComparison.Ordinal);
        Assert.True((await Store.RetryAsync(added.Id, default)).Allowed);
        Assert.NotNull(await Store.ClaimAsync(Terms, default));
    }

    [StoreFact]
    public async Task A_prompt_that_runs_does_not_expire()
    {
        await Add(New() with { ExpiresIn = TimeSpan.FromSeconds(30) });
        var lease = (await Store.ClaimAsync(Terms, default))!.Lease;
        Time.Advance(TimeSpan.FromSeconds(40));
        await Store.RecoverExpiredAsync(Terms, [], default);

        Assert.True(await Store.CompleteAsync(lease, Partial, default));
    }

    [StoreFact]
    public async Task Every_attempt_is_recorded()
    {
        var added = await AddAsync();
        var first = await Store.ClaimAsync(Terms, default);
        Time.Advance(TimeSpan.FromSeconds(2));
        await Store.RequeueAsync(first!.Lease, "busy", null, Time.GetUtcNow(), counts: true, default);
        await Store.ReleaseAsync((await Store.ClaimAsync(Terms, default))!.Lease, null, default);
        await Store.ClaimAsync(Terms, default);
        var lost = Time.GetUtcNow();
        Time.Advance(Terms.LeaseLength);
        var last = await Store.ClaimAsync(Terms, default);

        var attempts = await Store.ListAttemptsAsync(added.Id, default);

        Assert.Equal([1, 2, 3], attempts.Select(attempt => attempt.Number));
        Assert.Equal("busy", attempts[0].Error);
        Assert.Contains("lease", attempts[1].Error, StringComparison.Ordinal);
        Assert.Null(attempts[2].Error);
        Assert.Equal((added.CreatedAt, added.CreatedAt + TimeSpan.FromSeconds(2), "http://ollama/"),
            (attempts[0].StartedAt, attempts[0].EndedAt, attempts[0].Backend));
        Assert.Equal((lost, lost + Terms.LeaseLength), (attempts[1].StartedAt, attempts[1].EndedAt));
        Assert.Null(attempts[2].EndedAt);
        await Store.CompleteAsync(last!.Lease, Partial, default);
        Assert.Equal(Time.GetUtcNow(), (await Store.ListAttemptsAsync(added.Id, default))[2].EndedAt);
    }
}
