using OllamaProxy.Callbacks;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Storage.Deliveries;

// Who takes what, and how long it stays.
public abstract partial class DeliveryStoreTests
{
    [StoreFact]
    public async Task A_delivery_is_taken_by_one_until_its_time_is_over()
    {
        var prompt = await EndedAsync();
        var first = (await TakeAsync())!;
        Assert.Equal((1, _time.GetUtcNow() + Length), (first.Attempts, first.NextAttemptAt));
        Assert.Null(await TakeAsync());
        Assert.False(await IsDueAsync());

        _time.Advance(Length);
        var second = (await TakeAsync())!;
        Assert.Equal((first.Event, 2), (second.Event, second.Attempts));
        Assert.False(await SettleAsync(first, new DeliveryOutcome.GiveUp("too late")));
        Assert.True(await SettleAsync(second, new DeliveryOutcome.Delivered()));
        var delivery = Assert.Single(await ListAsync(prompt));
        Assert.Equal(
            ("delivered", _time.GetUtcNow(), null, 2, null),
            (delivery.Status, delivery.DeliveredAt, delivery.NextAttemptAt, delivery.Attempts, delivery.LastError));
        Assert.False(await SettleAsync(second, new DeliveryOutcome.Release()));
        _time.Advance(TimeSpan.FromDays(1));
        Assert.Null(await TakeAsync());
    }

    [StoreFact]
    public async Task However_many_take_at_once_each_delivery_is_taken_once()
    {
        for (var number = 0; number < 20; number++)
            await EndedAsync();
        var other = await home.OpenAsync(_time);
        var taken = await Task.WhenAll(Enumerable.Range(0, 30).Select(number =>
            (number % 2 == 0 ? _store : other).TakeDeliveryAsync([], Length, default)));
        var events = taken.OfType<Delivery>().Select(delivery => delivery.Event).ToList();
        while (await TakeAsync() is { } left)
            events.Add(left.Event);
        Assert.Equal(20, events.Count);
        Assert.Equal(20, events.Distinct().Count());
    }

    [StoreFact]
    public async Task An_attempt_that_failed_is_made_again_when_that_is_due_and_one_that_was_broken_off_does_not_count()
    {
        var prompt = await EndedAsync();
        Assert.True(await SettleAsync((await TakeAsync())!, new DeliveryOutcome.Retry(TimeSpan.FromMinutes(5), "503")));
        var delivery = Assert.Single(await ListAsync(prompt));
        Assert.Equal(
            ("pending", 1, "503", _time.GetUtcNow().AddMinutes(5)),
            (delivery.Status, delivery.Attempts, delivery.LastError, delivery.NextAttemptAt));
        _time.Advance(TimeSpan.FromMinutes(5) - TimeSpan.FromMilliseconds(1));
        Assert.Null(await TakeAsync());
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(await SettleAsync((await TakeAsync())!, new DeliveryOutcome.Release()));
        Assert.Equal((1, "503"), (await ListAsync(prompt)) is [var released] ? (released.Attempts, released.LastError) : default);
        Assert.True(await SettleAsync((await TakeAsync())!, new DeliveryOutcome.GiveUp("410")));
        var failed = Assert.Single(await ListAsync(prompt));
        Assert.Equal(("failed", 2, "410", null, null),
            (failed.Status, failed.Attempts, failed.LastError, failed.NextAttemptAt, failed.DeliveredAt));
        Assert.False(await IsDueAsync());
    }

    [StoreFact]
    public async Task What_has_been_due_for_longest_is_taken_first_but_for_receivers_that_are_busy()
    {
        foreach (var url in new[] { "http://a.example/1", "http://a.example:8080/2", "http://b.example/3" })
        {
            await EndedAsync(url);
            _time.Advance(TimeSpan.FromSeconds(1));
        }
        Assert.True(await IsDueAsync("http://a.example/"));
        Assert.False(await IsDueAsync("http://a.example/", "http://a.example:8080/", "http://b.example/"));
        Assert.Equal("http://a.example:8080/2", (await TakeAsync("http://a.example/"))!.Url);
        Assert.Equal("http://a.example/1", (await TakeAsync())!.Url);
        Assert.Null(await TakeAsync("http://b.example/"));
        Assert.Equal("http://b.example/3", (await TakeAsync())!.Url);
    }

    [StoreFact]
    public async Task What_is_deleted_is_not_told_of()
    {
        var prompt = await EndedAsync();
        var delivery = (await TakeAsync())!;
        Assert.True(await _store.DeleteAsync(prompt.Id, default));
        Assert.False(await SettleAsync(delivery, new DeliveryOutcome.Delivered()));
        Assert.Empty(await ListAsync(prompt));
        _time.Advance(Length);
        Assert.Null(await TakeAsync());
    }

    [StoreFact]
    public async Task What_has_ended_long_ago_stays_until_it_has_been_told_but_no_longer_than_a_day()
    {
        var (told, untold, quiet) = (await EndedAsync(), await EndedAsync(), await AddAsync(null));
        await _store.CancelAsync(quiet.Id, default);
        var batch = await AddBatchAsync(new(Url, "batch.failed"));
        await _store.AdvanceBatchAsync(
            batch.Id, new(OllamaProxy.Batches.BatchStatus.Validating, OllamaProxy.Batches.BatchStatus.Failed), default);
        while (await TakeAsync() is { } delivery)
            await SettleAsync(delivery, delivery.Subject == told.Id
                ? new DeliveryOutcome.Delivered() : new DeliveryOutcome.Retry(TimeSpan.FromMinutes(1), "500"));
        _time.Advance(TimeSpan.FromHours(23));
        Assert.Equal(2, await _store.PurgeAsync(_time.GetUtcNow().AddHours(-1), 10, default));
        Assert.NotNull(await _store.FindAsync(untold.Id, default));
        Assert.NotNull(await _store.FindBatchAsync(batch.Id, default));

        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(1, await _store.PurgeAsync(_time.GetUtcNow().AddHours(-1), 10, default));
        Assert.Null(await _store.FindBatchAsync(batch.Id, default));
        Assert.Equal(0, await home.NumberAsync("SELECT count(*) FROM deliveries"));
    }
}
