using Microsoft.Extensions.Time.Testing;
using OllamaProxy.Prompts;
using OllamaProxy.Statistics;
using OllamaProxy.Storage;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Storage;

/// <summary>What a store tells of the last hour, minute by minute.</summary>
public abstract class RecentHistoryTests(StoreHome home) : IAsyncLifetime
{
    private static readonly ClaimTerms Terms = new(1000, TimeSpan.FromHours(5), 5, "here");
    private static readonly PromptResult Done = new("done", null, GenerationStatistics.None);

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 2, 21, 12, 0, 0, TimeSpan.Zero));
    private IPromptStore _store = null!;

    [StoreTheory]
    [InlineData(10_000, 10_000)]
    [InlineData(1, 10_000)]
    [InlineData(10_000, 1)]
    [InlineData(3, 4)]
    public async Task Of_two_batches_in_an_empty_database_none_waited_before_it_came(int first, int second)
    {
        _time.Advance(TimeSpan.FromMinutes(100));
        await AddBatchAsync(first);
        _time.Advance(TimeSpan.FromMinutes(10));
        await AddBatchAsync(second);
        _time.Advance(TimeSpan.FromMinutes(5));

        Assert.Equal<long?>(
            [.. Enumerable.Repeat((long?)0, 44), .. Enumerable.Repeat((long?)first, 10), .. Enumerable.Repeat((long?)first + second, 6)],
            await WaitingAsync());
    }

    [StoreFact]
    public async Task What_waits_for_longer_than_an_hour_waited_all_the_time()
    {
        await AddBatchAsync(7);
        _time.Advance(TimeSpan.FromMinutes(90));
        Assert.Equal<long?>([.. Enumerable.Repeat((long?)7, 60)], await WaitingAsync());
    }

    [StoreFact]
    public async Task A_prompt_that_was_tried_again_waited_only_while_it_did()
    {
        await AddBatchAsync(1);
        _time.Advance(TimeSpan.FromMinutes(70));
        var lease = (await _store.ClaimAsync(Terms, default))!.Lease;
        _time.Advance(TimeSpan.FromMinutes(10));
        await _store.RequeueAsync(lease, "it broke", null, _time.GetUtcNow(), counts: true, default);
        _time.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal<long?>([.. Enumerable.Repeat((long?)0, 54), .. Enumerable.Repeat((long?)1, 6)], await WaitingAsync());

        lease = (await _store.ClaimAsync(Terms, default))!.Lease;
        _time.Advance(TimeSpan.FromMinutes(5));
        long?[] waited = [.. Enumerable.Repeat((long?)0, 49), .. Enumerable.Repeat((long?)1, 5), .. Enumerable.Repeat((long?)0, 6)];
        Assert.Equal<long?>(waited, await WaitingAsync());
        await _store.CompleteAsync(lease, Done, default);
        Assert.Equal<long?>(waited, await WaitingAsync());
    }

    [StoreFact]
    public async Task A_prompt_that_a_client_had_queued_again_did_not_wait_while_it_had_failed()
    {
        var id = (await AddBatchAsync(1))[0].Id;
        await _store.FailAsync((await _store.ClaimAsync(Terms, default))!.Lease, "it broke", null, default);
        _time.Advance(TimeSpan.FromMinutes(70));
        await _store.RetryAsync(id, default);
        _time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal<long?>([.. Enumerable.Repeat((long?)0, 57), 1, 1, 1], await WaitingAsync());

        var lease = (await _store.ClaimAsync(Terms, default))!.Lease;
        _time.Advance(TimeSpan.FromMinutes(1));
        await _store.CompleteAsync(lease, Done, default);
        Assert.Equal<long?>([.. Enumerable.Repeat((long?)0, 60)], await WaitingAsync());
    }

    public async Task InitializeAsync() => _store = await home.OpenAsync(_time);

    public async Task DisposeAsync() => await home.DisposeAsync();

    private Task<IReadOnlyList<Prompt>> AddBatchAsync(int count)
    {
        var prompts = Enumerable.Repeat(new NewPrompt("hello", "llama3.2", "{}"u8.ToArray()), count);
        return _store.AddBatchAsync(Guid.NewGuid(), [.. prompts], 0, default);
    }

    private async Task<long?[]> WaitingAsync()
    {
        var now = _time.GetUtcNow();
        var history = await _store.ReadHistoryAsync(now.AddHours(-1), null, default);
        return [.. QueueMinute.Last(history, history.Queued, 60, now).Select(minute => minute.Waiting)];
    }

    public sealed class OnSqlite() : RecentHistoryTests(StoreHome.Sqlite());

    public sealed class OnPostgres() : RecentHistoryTests(StoreHome.Postgres());
}
