using Microsoft.Extensions.Time.Testing;
using OllamaProxy.Batches;
using OllamaProxy.Callbacks;
using OllamaProxy.Prompts;
using OllamaProxy.Storage;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Storage.Deliveries;

/// <summary>The outbox of events: what comes into it, who takes what, and how long it stays.</summary>
public abstract partial class DeliveryStoreTests(StoreHome home) : IAsyncLifetime
{
    private const string Url = "https://example.org/hook?key=1";

    private static readonly ClaimTerms Terms = new(100, TimeSpan.FromMinutes(1), 1, "here");
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(30);
    private static readonly PromptResult Answer = new("Paris", null, GenerationStatistics.None);
    private static readonly Callback Everything = new(Url, string.Join(' ', CallbackEvents.OfPrompts));

    private readonly FakeTimeProvider _time = new(new(2026, 2, 21, 12, 0, 0, TimeSpan.Zero));
    private IPromptStore _store = null!;

    public async Task InitializeAsync() => _store = await home.OpenAsync(_time);

    public async Task DisposeAsync() => await home.DisposeAsync();

    [StoreFact]
    public async Task The_end_of_a_prompt_is_in_the_outbox_with_it()
    {
        var prompt = await AddAsync(Everything);
        var claimed = (await _store.ClaimAsync(Terms, default))!;
        Assert.Empty(await ListAsync(prompt));
        Assert.False(await IsDueAsync());
        _time.Advance(TimeSpan.FromSeconds(7));
        Assert.True(await _store.CompleteAsync(claimed.Lease, Answer, default));

        var delivery = Assert.Single(await ListAsync(prompt));
        Assert.Matches("^evt_[0-9a-f]{32}$", delivery.Event);
        Assert.Equal(
            ("prompt.completed", prompt.Id, Url, _time.GetUtcNow(), _time.GetUtcNow(), 0, "pending"),
            (delivery.Type, delivery.Subject, delivery.Url, delivery.CreatedAt, delivery.NextAttemptAt, delivery.Attempts,
                delivery.Status));
        Assert.True(await IsDueAsync());
        Assert.Equal(Everything, (await _store.FindContentAsync(prompt.Id, default))!.Callback);
    }

    [StoreFact]
    public async Task However_a_prompt_ends_that_is_an_event()
    {
        var cancelled = await AddAsync(Everything);
        await _store.CancelAsync(cancelled.Id, default);
        await _store.CancelAsync(cancelled.Id, default);
        Assert.Equal(["prompt.cancelled"], await TypesAsync(cancelled));

        var failed = await AddAsync(Everything);
        await _store.FailAsync((await _store.ClaimAsync(Terms, default))!.Lease, "no", null, default);
        Assert.Equal(["prompt.failed"], await TypesAsync(failed));

        var stopped = await AddAsync(Everything);
        var lease = (await _store.ClaimAsync(Terms, default))!.Lease;
        await _store.CancelAsync(stopped.Id, default);
        await _store.StopAsync(lease, Answer, default);
        Assert.Equal(["prompt.cancelled"], await TypesAsync(stopped));

        var crashed = await AddAsync(Everything);
        await _store.ClaimAsync(Terms, default);
        var waited = await AddAsync(Everything, ExpiresIn: TimeSpan.FromMinutes(1));
        _time.Advance(TimeSpan.FromMinutes(2));
        await _store.RecoverExpiredAsync(Terms, [], default);
        Assert.Equal(["prompt.failed"], await TypesAsync(crashed));
        Assert.Equal(["prompt.failed"], await TypesAsync(waited));
    }

    [StoreFact]
    public async Task A_prompt_that_is_queued_again_has_not_ended_and_one_that_is_tried_again_ends_twice()
    {
        var prompt = await AddAsync(Everything);
        await _store.RequeueAsync((await _store.ClaimAsync(Terms, default))!.Lease, "busy", null, default, true, default);
        await _store.ReleaseAsync((await _store.ClaimAsync(Terms, default))!.Lease, null, default);
        Assert.Empty(await ListAsync(prompt));

        await _store.FailAsync((await _store.ClaimAsync(Terms, default))!.Lease, "no", null, default);
        await _store.RetryAsync(prompt.Id, default);
        _time.Advance(TimeSpan.FromSeconds(1));
        await _store.CompleteAsync((await _store.ClaimAsync(Terms, default))!.Lease, Answer, default);
        var deliveries = await ListAsync(prompt);
        Assert.Equal(["prompt.failed", "prompt.completed"], deliveries.Select(delivery => delivery.Type));
        Assert.Equal(2, deliveries.DistinctBy(delivery => delivery.Event).Count());
    }

    [StoreFact]
    public async Task Only_what_was_asked_for_is_an_event()
    {
        var quiet = await AddAsync(null);
        var onlyFailed = await AddAsync(new(Url, "prompt.failed"));
        var some = await AddAsync(new(Url, "prompt.cancelled prompt.completed"));
        var response = await AddAsync(new(Url, "response.completed"));
        while (await _store.ClaimAsync(Terms, default) is { } claimed)
            await _store.CompleteAsync(claimed.Lease, Answer, default);
        Assert.Empty(await ListAsync(quiet));
        Assert.Null((await _store.FindContentAsync(quiet.Id, default))!.Callback);
        Assert.Empty(await ListAsync(onlyFailed));
        Assert.Equal(["prompt.completed"], await TypesAsync(some));
        Assert.Equal(["response.completed"], await TypesAsync(response));
    }

    [StoreFact]
    public async Task Prompts_of_a_batch_and_one_that_begins_at_once_have_callbacks_too()
    {
        var (submission, claimed) = await _store.AddAsync(New(Everything), 0, Terms, default);
        await _store.CompleteAsync(claimed!.Lease, Answer, default);
        Assert.Equal(["prompt.completed"], await TypesAsync(submission.Prompt));

        var batch = await _store.AddBatchAsync(
            Guid.CreateVersion7(), [New(null), New(new("https://a.example/", "prompt.cancelled")), New(Everything)], 0, default);
        foreach (var prompt in batch)
            await _store.CancelAsync(prompt.Id, default);
        Assert.Empty(await ListAsync(batch[0]));
        Assert.Equal("https://a.example/", Assert.Single(await ListAsync(batch[1])).Url);
        Assert.Equal(Url, Assert.Single(await ListAsync(batch[2])).Url);
    }

    [StoreFact]
    public async Task A_submission_that_is_repeated_or_conflicts_changes_no_callback()
    {
        var first = New(Everything) with { Id = Guid.NewGuid(), Fingerprint = new byte[] { 1 } };
        await _store.AddAsync(first, 0, default);
        var other = new Callback("https://other.example/", "prompt.failed");
        Assert.Equal(SubmissionOutcome.Repeated, (await _store.AddAsync(first with { Callback = other }, 0, default)).Outcome);
        Assert.Equal(SubmissionOutcome.Conflicting,
            (await _store.AddAsync(first with { Callback = other, Fingerprint = new byte[] { 2 } }, 0, default)).Outcome);
        Assert.Equal(Everything, (await _store.FindContentAsync(first.Id.Value, default))!.Callback);
    }

    [StoreFact]
    public async Task The_end_of_a_batch_is_an_event()
    {
        foreach (var (status, expected) in new[]
        {
            (BatchStatus.Failed, "batch.failed"), (BatchStatus.Completed, "batch.completed"), (BatchStatus.Expired, null),
        })
        {
            var batch = await AddBatchAsync(new(Url, "batch.completed batch.failed"));
            Assert.Equal(batch, await _store.FindBatchAsync(batch.Id, default));
            Assert.True(await _store.AdvanceBatchAsync(batch.Id, new(BatchStatus.Validating, BatchStatus.Finalizing), default));
            Assert.Empty(await _store.ListDeliveriesAsync(batch, default));
            Assert.True(await _store.AdvanceBatchAsync(batch.Id, new(BatchStatus.Finalizing, status), default));
            var deliveries = await _store.ListDeliveriesAsync(batch, default);
            Assert.Equal(expected, deliveries.SingleOrDefault()?.Type);
            Assert.All(deliveries, delivery => Assert.Equal((batch.Id, Url), (delivery.Subject, delivery.Url)));
            Assert.True(await _store.DeleteBatchAsync(batch.Id, default));
            Assert.Empty(await _store.ListDeliveriesAsync(batch, default));
        }
        Assert.False(await IsDueAsync());
    }

    private Task<bool> IsDueAsync(params string[] busy) => _store.IsDeliveryDueAsync(busy, default);

    private Task<Delivery?> TakeAsync(params string[] busy) => _store.TakeDeliveryAsync(busy, Length, default);

    private Task<bool> SettleAsync(Delivery delivery, DeliveryOutcome outcome) => _store.SettleDeliveryAsync(delivery, outcome, default);

    private Task<IReadOnlyList<Delivery>> ListAsync(Prompt prompt) => _store.ListDeliveriesAsync(prompt, default);

    private async Task<IEnumerable<string>> TypesAsync(Prompt prompt) => (await ListAsync(prompt)).Select(delivery => delivery.Type);

    /// <summary>A prompt that has ended, with an event.</summary>
    private async Task<Prompt> EndedAsync(string url = Url)
    {
        var prompt = await AddAsync(Everything with { Url = url });
        return (await _store.CancelAsync(prompt.Id, default))!;
    }

    private async Task<Prompt> AddAsync(Callback? callback, TimeSpan? ExpiresIn = null) =>
        (await _store.AddAsync(New(callback) with { ExpiresIn = ExpiresIn }, 0, default)).Prompt;

    private static NewPrompt New(Callback? callback) => new("hello", "m", "{}"u8.ToArray()) { Callback = callback };

    private async Task<Batch> AddBatchAsync(Callback callback)
    {
        using var content = _store.BeginContent();
        await content.WriteAsync("lines"u8.ToArray(), default);
        var input = await _store.AddFileAsync(new("in.jsonl", "batch"), await content.CompleteAsync(default), 0, default);
        var batch = new NewBatch(Guid.NewGuid(), BatchApi.OpenAI, "/v1/completions", input.Id, TimeSpan.FromHours(24))
        {
            Callback = callback,
        };
        return (await _store.AddBatchAsync(batch, default))!;
    }

    public sealed class OnSqlite() : DeliveryStoreTests(StoreHome.Sqlite());

    public sealed class OnPostgres() : DeliveryStoreTests(StoreHome.Postgres());
}
