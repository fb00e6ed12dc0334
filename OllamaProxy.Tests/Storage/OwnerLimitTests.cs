using Microsoft.Extensions.Time.Testing;
using OllamaProxy.Prompts;
using OllamaProxy.Storage;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Storage;

/// <summary>A store refuses what exceeds the limits of an owner, and counts nothing for it.</summary>
public abstract class OwnerLimitTests(StoreHome home) : IAsyncLifetime
{
    private static readonly ClaimTerms Terms = new(10, TimeSpan.FromMinutes(1), 3, "here");

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 2, 21, 12, 0, 0, TimeSpan.Zero));
    private IPromptStore _store = null!;

    [StoreFact]
    public async Task Only_so_many_prompts_a_minute_are_accepted_and_a_refused_one_does_not_count()
    {
        var limits = new OwnerLimits { RequestsPerMinute = 3 };
        for (var prompt = 1; prompt <= 3; prompt++)
            Assert.Equal(prompt, (await AddAsync(limits)).Use!.Requests.Now);
        for (var attempt = 0; attempt < 3; attempt++)
            Assert.Equal(TimeSpan.FromSeconds(80), (await RefusedAsync(limits)).FreeIn);
        Assert.Equal(3, (await _store.CountAsync(null, "alice", default))[PromptStatus.Queued]);
        await AddAsync(limits, "bob");

        _time.Advance(TimeSpan.FromSeconds(80));
        await AddAsync(limits);
        Assert.Equal(TimeSpan.FromSeconds(20), (await RefusedAsync(limits)).FreeIn);
    }

    [StoreFact]
    public async Task A_batch_counts_as_many_as_it_has_and_is_refused_whole()
    {
        var limits = new OwnerLimits { RequestsPerMinute = 5 };
        await AddBatchAsync(limits, 3);
        var refused = await Assert.ThrowsAsync<OverLimitException>(() => AddBatchAsync(limits, 3));
        Assert.Contains("This batch of 3 prompts would exceed what its API key is allowed: 5 prompts a minute", refused.Message,
            StringComparison.Ordinal);
        await AddBatchAsync(limits, 2);
        Assert.Equal(5, (await _store.CountAsync(null, "alice", default))[PromptStatus.Queued]);
    }

    [StoreFact]
    public async Task Only_so_many_of_an_owner_are_queued_and_what_runs_does_not_count()
    {
        var limits = new OwnerLimits { MaxQueued = 2 };
        await AddAsync(limits);
        await AddAsync(limits);
        Assert.Null((await RefusedAsync(limits)).FreeIn);
        await Assert.ThrowsAsync<OverLimitException>(() => AddBatchAsync(limits, 1));
        await AddAsync(OwnerLimits.None, "bob");
        await _store.ClaimAsync(Terms, default);
        await AddAsync(limits);
        await RefusedAsync(limits);
    }

    [StoreFact]
    public async Task What_is_run_at_once_is_not_queued_but_counts_as_a_prompt_of_the_minute()
    {
        var limits = new OwnerLimits { MaxQueued = 0, RequestsPerMinute = 1 };
        var (submission, claimed) = await _store.AddAsync(New("alice", limits), 0, Terms, default);
        Assert.NotNull(claimed);
        Assert.Equal((0, 1), (submission.Use!.Queued, submission.Use.Requests.Now));
        await Assert.ThrowsAsync<OverLimitException>(() => _store.AddAsync(New("alice", limits), 0, Terms, default));
        Assert.Equal(1, (await _store.CountAsync(null, "alice", default)).Values.Sum());
        // Its slot was not taken.
        Assert.Single((await _store.ReadSnapshotAsync(new(1, default) { Freshness = TimeSpan.Zero }, default)).Running);
    }

    [StoreFact]
    public async Task Once_the_tokens_of_a_minute_or_of_a_day_are_used_up_no_prompt_is_accepted()
    {
        var (minute, day) = (new OwnerLimits { TokensPerMinute = 100 }, new OwnerLimits { TokensPerDay = 150 });
        await UseAsync(60, 50);
        Assert.Equal((0, 110), ((await AddAsync(day)).Use!.Tokens.Before, (await AddAsync(day)).Use!.TokensToday));
        Assert.Equal(110, (await RefusedAsync(minute)).Use.Tokens.Now);
        await AddAsync(minute, "bob");

        _time.Advance(TimeSpan.FromMinutes(2));
        await AddAsync(minute);
        await UseAsync(30, 10);
        await AddAsync(minute);
        var refused = await RefusedAsync(day);
        Assert.Equal((150, TimeSpan.FromHours(12) - TimeSpan.FromMinutes(2)), (refused.Use.TokensToday, refused.FreeIn));
        _time.Advance(refused.FreeIn!.Value);
        await AddAsync(day);
    }

    [StoreFact]
    public async Task What_an_owner_deletes_has_been_used_all_the_same()
    {
        var limits = new OwnerLimits { RequestsPerMinute = 1 };
        await _store.DeleteAsync((await AddAsync(limits)).Prompt.Id, default);
        await RefusedAsync(limits);
    }

    [StoreFact]
    public async Task A_repetition_is_answered_though_the_limit_is_reached_and_does_not_count()
    {
        var prompt = New("alice", new() { RequestsPerMinute = 1 }) with { IdempotencyKey = "one", Fingerprint = new byte[] { 1 } };
        var first = (await _store.AddAsync(prompt, 0, default)).Prompt;
        var (repeated, _) = await _store.AddAsync(prompt, 0, null, default);
        Assert.Equal((first.Id, SubmissionOutcome.Repeated, null), (repeated.Prompt.Id, repeated.Outcome, repeated.Use));
    }

    [StoreFact]
    public async Task Of_many_submissions_at_once_at_two_processes_no_more_than_the_limit_are_accepted()
    {
        var other = await home.OpenAsync(_time);
        var limits = new OwnerLimits { RequestsPerMinute = 20 };
        var accepted = await Task.WhenAll(Enumerable.Range(0, 80).Select(async number =>
        {
            try
            {
                await (number % 2 == 0 ? _store : other).AddAsync(New("alice", limits), 0, default);
                return 1;
            }
            catch (OverLimitException)
            {
                return 0;
            }
        }));
        Assert.Equal(20, accepted.Sum());
        Assert.Equal(20, (await _store.CountAsync(null, "alice", default))[PromptStatus.Queued]);
    }

    public async Task InitializeAsync() => _store = await home.OpenAsync(_time);

    public async Task DisposeAsync() => await home.DisposeAsync();

    private async Task UseAsync(int promptTokens, int tokens)
    {
        var (_, claimed) = await _store.AddAsync(New("alice", OwnerLimits.None), 0, null, default);
        Assert.Null(claimed);
        ClaimedPrompt next;
        do
        {
            next = (await _store.ClaimAsync(Terms, default))!;
            await _store.CompleteAsync(next.Lease, new("", null, new() { PromptEvalCount = promptTokens, EvalCount = tokens }), default);
            (promptTokens, tokens) = (0, 0);
        }
        while ((await _store.CountAsync(null, "alice", default)).GetValueOrDefault(PromptStatus.Queued) > 0);
    }

    private async Task<Submission> AddAsync(OwnerLimits limits, string owner = "alice") =>
        (await _store.AddAsync(New(owner, limits), 0, null, default)).Submission;

    private Task<IReadOnlyList<Prompt>> AddBatchAsync(OwnerLimits limits, int count) =>
        _store.AddBatchAsync(Guid.NewGuid(), [.. Enumerable.Repeat(New("alice", limits), count)], 0, default);

    private Task<OverLimitException> RefusedAsync(OwnerLimits limits) =>
        Assert.ThrowsAsync<OverLimitException>(() => AddAsync(limits));

    private static NewPrompt New(string owner, OwnerLimits limits) =>
        new("hello", "llama3.2", "{}"u8.ToArray()) { Owner = owner, Account = owner, Limits = limits };

    public sealed class OnSqlite() : OwnerLimitTests(StoreHome.Sqlite());

    public sealed class OnPostgres() : OwnerLimitTests(StoreHome.Postgres());
}
