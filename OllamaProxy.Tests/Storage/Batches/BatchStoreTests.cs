using System.Text;
using Microsoft.Extensions.Time.Testing;
using OllamaProxy.Batches;
using OllamaProxy.Files;
using OllamaProxy.Prompts;
using OllamaProxy.Protocol;
using OllamaProxy.Storage;
using OllamaProxy.Storage.Batches;
using OllamaProxy.Storage.Files;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Storage.Batches;

/// <summary>What moves batches on, tried by two processes, and cut off anywhere.</summary>
public abstract partial class BatchStoreTests(StoreHome home) : IAsyncLifetime
{
    private static readonly ClaimTerms Terms = new(100, TimeSpan.FromMinutes(1), 3, "here");

    private readonly FakeTimeProvider _time = new(new(2026, 2, 21, 12, 0, 0, TimeSpan.Zero));
    private IPromptStore _store = null!;

    public async Task InitializeAsync() => _store = await home.OpenAsync(_time);

    public async Task DisposeAsync() => await home.DisposeAsync();

    [StoreFact]
    public async Task A_batch_comes_back_as_it_was_made_and_needs_its_input()
    {
        var input = await InputAsync();
        var batch = (await _store.AddBatchAsync(New(input.Id) with
        {
            Owner = "alice",
            Account = "alice/bob",
            Metadata = """{"a":"é"}""",
        }, default))!;

        Assert.Equal(
            (BatchApi.OpenAI, "/v1/completions", BatchStatus.Validating, input.Id, "alice", "alice/bob", """{"a":"é"}"""),
            (batch.Api, batch.Endpoint, batch.Status, batch.InputFile, batch.Owner, batch.Account, batch.Metadata));
        Assert.Equal((_time.GetUtcNow(), _time.GetUtcNow().AddHours(24)), (batch.CreatedAt, batch.ExpiresAt));
        Assert.Equal(batch, await _store.FindBatchAsync(batch.Id, default));
        Assert.Equal([batch], await _store.ListOpenBatchesAsync(default));

        Assert.Equal(FileDeletion.InUse, await _store.DeleteFileAsync(input.Id, default));
        _time.Advance(TimeSpan.FromDays(40));
        Assert.Equal(0, await _store.RemoveExpiredFilesAsync(10, default));
        Assert.False(await _store.DeleteBatchAsync(batch.Id, default));
        Assert.True(await _store.AdvanceBatchAsync(batch.Id, new(BatchStatus.Validating, BatchStatus.Failed) { Errors = "[]" }, default));
        Assert.Equal(1, await _store.RemoveExpiredFilesAsync(10, default));
        Assert.Null(await _store.AddBatchAsync(New(input.Id), default));
        Assert.Empty(await _store.ListOpenBatchesAsync(default));
        Assert.True(await _store.DeleteBatchAsync(batch.Id, default));
    }

    [StoreFact]
    public async Task A_status_changes_only_from_the_one_that_was_read()
    {
        var batch = await BatchAsync();
        Assert.False(await _store.AdvanceBatchAsync(batch.Id, new(BatchStatus.InProgress, BatchStatus.Finalizing), default));
        Assert.True(await _store.AdvanceBatchAsync(
            batch.Id, new(BatchStatus.Validating, BatchStatus.InProgress) { Total = 3, Model = "m" }, default));
        _time.Advance(TimeSpan.FromSeconds(1));
        var cancel = new BatchAdvance(BatchStatus.InProgress, BatchStatus.Cancelling) { Outcome = BatchStatus.Cancelled };
        Assert.True(await _store.AdvanceBatchAsync(batch.Id, cancel, default));
        Assert.False(await _store.AdvanceBatchAsync(batch.Id, cancel, default));
        var found = (await _store.FindBatchAsync(batch.Id, default))!;
        Assert.Equal(
            (BatchStatus.Cancelling, BatchStatus.Cancelled, 3, "m"), (found.Status, found.Outcome, found.Counts.Total, found.Model));
        Assert.Equal((_time.GetUtcNow().AddSeconds(-1), _time.GetUtcNow(), null), (found.InProgressAt, found.CancellingAt, found.EndedAt));
        Assert.True(await _store.AdvanceBatchAsync(batch.Id, new(BatchStatus.Cancelling, BatchStatus.Cancelled), default));
        Assert.Equal(_time.GetUtcNow(), (await _store.FindBatchAsync(batch.Id, default))!.EndedAt);
    }

    [StoreFact]
    public async Task A_batch_is_one_process_s_until_it_is_not_heard_of()
    {
        var batch = await BatchAsync();
        var (mine, other) = (Guid.NewGuid(), Guid.NewGuid());
        Assert.True(await TakeAsync(mine));
        Assert.True(await TakeAsync(mine));
        Assert.False(await TakeAsync(other));
        Assert.Equal(new(mine, _time.GetUtcNow().AddSeconds(10)), (await _store.FindBatchAsync(batch.Id, default))!.Runner);
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.True(await TakeAsync(other));
        Assert.False(await TakeAsync(mine));

        Task<bool> TakeAsync(Guid runner) => _store.TakeBatchAsync(batch.Id, runner, TimeSpan.FromSeconds(10), default);
    }

    [StoreFact]
    public async Task Lines_become_prompts_once_whoever_is_quicker()
    {
        var batch = await StartedAsync();
        var fed = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => FeedAsync(batch, 1, 2)));
        Assert.Equal(1, fed.Count(isFed => isFed));

        var prompts = (await _store.ListAsync(new(1, 10), default)).Prompts.Select(summary => summary.Prompt).ToList();
        Assert.Equal(2, prompts.Count);
        Assert.All(prompts, prompt => Assert.Equal(
            (PromptStatus.Queued, batch.Id, "/v1/completions", -10, "alice", "m"),
            (prompt.Status, prompt.Batch, prompt.Endpoint, prompt.Priority, prompt.Owner, prompt.Model)));
        var now = (await _store.FindBatchAsync(batch.Id, default))!;
        Assert.Equal(new BatchCursor(20, 2), now.Cursor);
        Assert.True(await FeedAsync(now, 3));
        Assert.False(await FeedAsync(now, 3));
        Assert.Equal(3, (await _store.ReadProgressAsync(batch, 10, default)).Open);

        var claimed = (await _store.ClaimAsync(Terms, default))!;
        Assert.Equal("body 1", Encoding.UTF8.GetString(claimed.Call!.Body.Span));
        Assert.Equal([new("Content-Type", "application/json")], claimed.Call.Headers.All);
    }

    [StoreFact]
    public async Task A_full_queue_and_a_limit_of_the_owner_leave_the_lines_where_they_are()
    {
        var batch = await StartedAsync();
        await Assert.ThrowsAsync<QueueFullException>(() => FeedAsync(batch, [1, 2], 1, OwnerLimits.None));
        Assert.Equal(default, (await _store.FindBatchAsync(batch.Id, default))!.Cursor);
        Assert.Equal(0, (await _store.ListAsync(new(1, 10), default)).Total);

        Assert.True(await FeedAsync(batch, [1], 1, new() { RequestsPerMinute = 1 }));
        batch = (await _store.FindBatchAsync(batch.Id, default))!;
        await Assert.ThrowsAsync<OverLimitException>(() => FeedAsync(batch, [2], 0, new() { RequestsPerMinute = 1 }));
        await Assert.ThrowsAsync<OverLimitException>(() => FeedAsync(batch, [2], 0, new() { MaxQueued = 1 }));
        Assert.Equal(new BatchCursor(10, 1), (await _store.FindBatchAsync(batch.Id, default))!.Cursor);
        Assert.Equal(1, (await _store.ListAsync(new(1, 10), default)).Total);
    }

    [StoreFact]
    public async Task A_long_line_becomes_a_prompt_as_it_is()
    {
        var batch = await StartedAsync();
        var line = Line(1, OwnerLimits.None);
        var body = Encoding.UTF8.GetBytes($$"""{"prompt":"{{new string('x', 3_000_000)}}"}""");
        line = line with { Prompt = line.Prompt with { Call = line.Prompt.Call! with { Body = body } } };
        Assert.True(await _store.FeedBatchAsync(batch, [line], new(10, 1), 0, default));
        var prompt = (await _store.ListAsync(new(1, 10), default)).Prompts.Single().Prompt;
        var content = (await _store.FindContentAsync(prompt.Id, default))!;
        Assert.Equal(body, await content.Call!.LongBody!.ReadWholeAsync(default));
    }

    private async Task<string> NamesAsync(BatchQuery query)
    {
        var page = await _store.ListBatchesAsync(query, default);
        return string.Concat(page.Batches.Select(batch => batch.Metadata)) + (page.HasMore ? "+" : "");
    }

    private async Task<bool> CollectAsync(Batch batch, long[] lines, string? output, string? errors) => await _store.CollectAsync(
        batch, new(lines, new(0, lines.Length, 0, 0, 0, 7 * lines.Length, 5 * lines.Length))
        {
            Output = output is null ? null : await StageAsync(output),
            Errors = errors is null ? null : await StageAsync(errors),
        }, default);

    private async Task<long> StageAsync(string text)
    {
        using var content = _store.BeginContent();
        await content.WriteAsync(Encoding.UTF8.GetBytes(text), default);
        return (await content.CompleteAsync(default)).Text!.Value;
    }

    private async Task CompleteAsync()
    {
        var claimed = (await _store.ClaimAsync(Terms, default))!;
        var result = new PromptResult("done", null, GenerationStatistics.None with { PromptEvalCount = 7, EvalCount = 5 })
        {
            Response = new(200, HeaderList.Empty, "{}"u8.ToArray()),
        };
        Assert.True(await _store.CompleteAsync(claimed.Lease, result, default));
    }

    private async Task<Batch> FedAsync(int lines)
    {
        var batch = await StartedAsync();
        Assert.True(await FeedAsync(batch, [.. Enumerable.Range(1, lines).Select(number => (long)number)], 0, OwnerLimits.None));
        return (await _store.FindBatchAsync(batch.Id, default))!;
    }

    private Task<bool> FeedAsync(Batch batch, params long[] lines) => FeedAsync(batch, lines, 0, OwnerLimits.None);

    private Task<bool> FeedAsync(Batch batch, long[] lines, long maxQueued, OwnerLimits limits) => _store.FeedBatchAsync(
        batch, [.. lines.Select(line => Line(line, limits))], new(10 * lines[^1], lines[^1]), maxQueued, default);

    private static BatchLine Line(long number, OwnerLimits limits) => new(number, $"id {number}", new("text", "m", "{}"u8.ToArray())
    {
        Call = new("/v1/completions", "", new([new("Content-Type", "application/json")]), Encoding.UTF8.GetBytes($"body {number}")),
        Priority = -10,
        Owner = "alice",
        Limits = limits,
    });

    private async Task<Batch> StartedAsync()
    {
        var batch = await BatchAsync();
        Assert.True(await _store.AdvanceBatchAsync(batch.Id, new(BatchStatus.Validating, BatchStatus.InProgress) { Total = 3 }, default));
        return (await _store.FindBatchAsync(batch.Id, default))!;
    }

    private async Task<Batch> BatchAsync() => (await _store.AddBatchAsync(
        New((await InputAsync()).Id) with { Owner = "alice", OutputLifetime = TimeSpan.FromDays(1) }, default))!;

    private static NewBatch New(Guid input) => new(Guid.NewGuid(), BatchApi.OpenAI, "/v1/completions", input, TimeSpan.FromHours(24));

    private async Task<StoredFile> InputAsync()
    {
        using var content = _store.BeginContent();
        await content.WriteAsync("lines"u8.ToArray(), default);
        return await _store.AddFileAsync(
            new("in.jsonl", "batch") { ExpiresAfter = TimeSpan.FromDays(30) }, await content.CompleteAsync(default), 0, default);
    }

    public sealed class OnSqlite() : BatchStoreTests(StoreHome.Sqlite());

    public sealed class OnPostgres() : BatchStoreTests(StoreHome.Postgres());
}
