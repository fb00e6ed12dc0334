using Microsoft.Extensions.Time.Testing;
using OllamaProxy.Prompts;
using OllamaProxy.Storage;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Storage;

/// <summary>What a store keeps and finds of owners.</summary>
public abstract class OwnerTests(StoreHome home) : IAsyncLifetime
{
    private static readonly ClaimTerms Terms = new(10, TimeSpan.FromMinutes(1), 3, "here");
    private static readonly PromptResult Done = new("done", null, GenerationStatistics.None);

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 2, 21, 12, 0, 0, TimeSpan.Zero));
    private IPromptStore _store = null!;

    [StoreFact]
    public async Task A_prompt_keeps_its_owner_and_its_account()
    {
        var id = (await AddAsync("alice", "alice/7 \u00e9")).Id;
        var found = await _store.FindAsync(id, default);
        Assert.Equal(("alice", "alice/7 \u00e9"), (found!.Owner, found.Account));
        var nobodys = await _store.FindAsync((await AddAsync(null, null)).Id, default);
        Assert.Equal((null, null), (nobodys!.Owner, nobodys.Account));
    }

    [StoreFact]
    public async Task Prompts_of_one_owner_are_listed_counted_and_summed_up_by_themselves()
    {
        foreach (var owner in new[] { "alice", "bob", "alice", null })
            await AddAsync(owner, owner);
        await _store.AddBatchAsync(Guid.NewGuid(), [New("bob"), New("alice"), New(null)], 0, default);
        await _store.CompleteAsync((await _store.ClaimAsync(Terms, default))!.Lease, Done, default);

        var page = await _store.ListAsync(new(1, 10) { Owner = "alice" }, default);
        Assert.Equal((3, 3), (page.Total, page.Prompts.Count(entry => entry.Prompt.Owner == "alice")));
        Assert.Equal(2, (await _store.ListAsync(new(1, 1) { Owner = "alice", Status = PromptStatus.Queued }, default)).Total);
        Assert.Equal(0, (await _store.ListAsync(new(1, 1) { Owner = "carol" }, default)).Total);
        Assert.Equal(new Dictionary<PromptStatus, long> { [PromptStatus.Queued] = 2, [PromptStatus.Completed] = 1 },
            await _store.CountAsync(null, "alice", default));

        var history = await _store.ReadHistoryAsync(_time.GetUtcNow().AddHours(-1), "alice", default);
        Assert.Equal((1, 2, 2), (history.Ended.Count, history.Waiting.Count, history.Queued));
        history = await _store.ReadHistoryAsync(_time.GetUtcNow().AddHours(-1), "bob", default);
        Assert.Equal((0, 2, 2), (history.Ended.Count, history.Waiting.Count, history.Queued));
    }

    [StoreFact]
    public async Task The_list_of_one_owner_is_whole_and_in_order_whatever_has_ended()
    {
        string[] owners = ["alice", "bob"];
        var added = await _store.AddBatchAsync(
            Guid.NewGuid(), [.. Enumerable.Range(0, 1_300).Select(index => New(owners[index % 7 == 0 ? 0 : 1]))], 0, default);
        var claims = new List<ClaimedPrompt>();
        for (var claim = 0; claim < 40; claim++)
            claims.Add((await _store.ClaimAsync(Terms with { Concurrency = 100 }, default))!);
        foreach (var claim in claims.Where((_, index) => index % 3 > 0))
            await _store.CompleteAsync(claim.Lease, Done, default);
        foreach (var prompt in added.Skip(600).Take(40))
            await _store.CancelAsync(prompt.Id, default);

        foreach (var status in Enum.GetValues<PromptStatus>().Cast<PromptStatus?>().Prepend(null))
        {
            var all = await _store.ListAsync(new(1, 2_000) { Status = status }, default);
            var alices = all.Prompts.Where(entry => entry.Prompt.Owner == "alice").Select(entry => entry.Prompt.Id).ToList();
            var pages = new List<Guid>();
            for (var page = 1; page <= alices.Count / 50 + 2; page++)
            {
                var read = await _store.ListAsync(new(page, 50) { Owner = "alice", Status = status, Model = "llama3.2" }, default);
                pages.AddRange(read.Prompts.Select(entry => entry.Prompt.Id));
                Assert.Equal(alices.Count, read.Total);
            }
            Assert.Equal(alices, pages);
            Assert.Equal(alices.Count, (await _store.ListAsync(new(1, 1) { Owner = "alice", Status = status }, default)).Total);
        }
        await _store.DeleteAsync(added[0].Id, default);
        Assert.Equal(185, (await _store.ListAsync(new(1, 1) { Owner = "alice" }, default)).Total);
    }

    [StoreFact]
    public async Task The_queue_is_offered_by_account_also_to_another_process()
    {
        for (var prompt = 0; prompt < 3; prompt++)
            await AddAsync("alice", "alice/1");
        await AddAsync("alice", "alice/2");
        await AddAsync(null, null);
        foreach (var store in new[] { _store, await home.OpenAsync(_time) })
        {
            var snapshot = await store.ReadSnapshotAsync(
                new(2, default) { CounterOf = account => account.Length, Freshness = TimeSpan.Zero }, default);
            Assert.Equal(["", "alice/1", "alice/1", "alice/2"], snapshot.Prompts.Select(prompt => prompt.Account).Order());
            Assert.True(snapshot.Accounts.SetEquals(["", "alice/1", "alice/2"]));
            snapshot = await store.ReadSnapshotAsync(
                new(2, default) { Accounts = 1, CounterOf = account => account == "alice/2" ? 0 : 1, FirstModels = 8 }, default);
            Assert.Equal(["alice/2"], snapshot.Prompts.Select(prompt => prompt.Account));
            Assert.True(snapshot.IsPartial);
        }
    }

    [StoreFact]
    public async Task A_prompt_of_a_high_priority_is_offered_however_much_its_account_was_served_and_however_many_wait()
    {
        for (var account = 0; account < 40; account++)
            await AddAsync(null, $"{account}");
        await _store.AddAsync(New(null) with { Account = "busy", Priority = 100 }, 0, default);
        var snapshot = await _store.ReadSnapshotAsync(
            new(2, default) { Accounts = 8, CounterOf = account => account == "busy" ? 1_000_000 : 0 }, default);
        Assert.Contains("busy", snapshot.Prompts.Select(prompt => prompt.Account));
        Assert.InRange(snapshot.Prompts.Count, 8, 12);
    }

    [StoreFact]
    public async Task What_was_served_to_each_account_is_read()
    {
        var counted = new PromptResult("done", null, new() { PromptEvalCount = 7, EvalCount = 11 });
        var (first, second) = (await AddAsync("alice", "alice/1"), await AddAsync(null, null));
        _time.Advance(TimeSpan.FromSeconds(5));
        await _store.CompleteAsync((await _store.ClaimAsync(Terms, default))!.Lease, counted, default);
        await _store.FailAsync((await _store.ClaimAsync(Terms, default))!.Lease, "no", null, default);
        await AddAsync("alice", "alice/1");

        var served = await _store.ReadServedAsync(_time.GetUtcNow().AddHours(-1), default);
        Assert.Equal(
            [
                new("", second.Model, second.CreatedAt, _time.GetUtcNow(), null, null),
                new("alice/1", first.Model, first.CreatedAt, _time.GetUtcNow(), 7, 11),
            ],
            served.OrderBy(each => each.Account, StringComparer.Ordinal));
        Assert.Empty(await _store.ReadServedAsync(_time.GetUtcNow().AddSeconds(1), default));
    }

    [StoreFact]
    public async Task Each_owner_has_idempotency_keys_of_their_own()
    {
        Prompt[] added = [await KeyedAsync("alice"), await KeyedAsync("bob"), await KeyedAsync(null)];
        Assert.Equal(3, added.DistinctBy(prompt => prompt.Id).Count());
        Assert.Equal(added.Select(prompt => prompt.Id),
            [(await KeyedAsync("alice")).Id, (await KeyedAsync("bob")).Id, (await KeyedAsync(null)).Id]);

        async Task<Prompt> KeyedAsync(string? owner) => (await _store.AddAsync(
            New(owner) with { IdempotencyKey = "one", Fingerprint = new byte[] { 1 } }, 0, default)).Prompt;
    }

    public async Task InitializeAsync() => _store = await home.OpenAsync(_time);

    public async Task DisposeAsync() => await home.DisposeAsync();

    private async Task<Prompt> AddAsync(string? owner, string? account) =>
        (await _store.AddAsync(New(owner) with { Account = account }, 0, default)).Prompt;

    private static NewPrompt New(string? owner) => new("hello", "llama3.2", "{}"u8.ToArray()) { Owner = owner };

    public sealed class OnSqlite() : OwnerTests(StoreHome.Sqlite());

    public sealed class OnPostgres() : OwnerTests(StoreHome.Postgres());
}
