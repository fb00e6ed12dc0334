using System.Text;
using OllamaProxy.Batches;
using OllamaProxy.Prompts;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Storage.Batches;

// What goes into the files of batches, and how they are listed.
public abstract partial class BatchStoreTests
{
    [StoreFact]
    public async Task What_came_of_a_line_is_collected_once_whoever_is_quicker_and_seen_once_the_batch_has_ended()
    {
        var batch = await FedAsync(3);
        await CompleteAsync();
        await CompleteAsync();
        var ended = (await _store.ReadProgressAsync(batch, 10, default)).Ended;
        Assert.Equal(
            [("id 1", PromptStatus.Completed), ("id 2", PromptStatus.Completed)], ended.Select(line => (line.CustomId, line.Status)));
        Assert.Equal([(7L, 5L), (7L, 5L)], ended.Select(line => (line.InputTokens, line.OutputTokens)));

        var collections = await Task.WhenAll(Enumerable.Range(0, 4).Select(async number =>
            await CollectAsync(batch, [1, 2], $"answers of {number}\n", number == 0 ? "an error\n" : null)));
        Assert.Equal(1, collections.Count(isCollected => isCollected));
        Assert.False(await CollectAsync(batch, [2], "once more", null));
        Assert.False(await CollectAsync(batch, [3], "not ended", null));
        var now = (await _store.FindBatchAsync(batch.Id, default))!;
        Assert.Equal(new BatchCounts(3, 2, 0, 0, 0, 14, 10), now.Counts);
        Assert.Null(await _store.FindFileAsync(now.OutputFile!.Value, default));
        Assert.Single((await _store.ListFilesAsync(new(10), default)).Files);

        Assert.True(await _store.AdvanceBatchAsync(batch.Id, new(BatchStatus.InProgress, BatchStatus.Finalizing), default));
        Assert.False(await _store.AdvanceBatchAsync(batch.Id, new(BatchStatus.Finalizing, BatchStatus.Completed), default));
        await CompleteAsync();
        Assert.True(await CollectAsync(batch, [3], "the last\n", null));
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.True(await _store.AdvanceBatchAsync(batch.Id, new(BatchStatus.Finalizing, BatchStatus.Completed), default));

        var output = (await _store.FindFileAsync(now.OutputFile.Value, default))!;
        Assert.Equal(($"batch_{batch.Id:N}_output.jsonl", "batch_output", "alice", _time.GetUtcNow(), _time.GetUtcNow().AddDays(1)),
            (output.Name, output.Purpose, output.Owner, output.CreatedAt, output.ExpiresAt));
        var text = Encoding.UTF8.GetString(await (await _store.OpenFileAsync(output, 0, default)).ReadWholeAsync(default));
        Assert.Matches("^answers of [0-3]\nthe last\n$", text);
        Assert.Equal(text.Length, output.Bytes);
        Assert.Equal(0, await home.NumberAsync("SELECT count(*) FROM batch_lines"));

        Assert.True(await _store.DeleteBatchAsync(batch.Id, default));
        Assert.Null(await _store.FindFileAsync(output.Id, default));
    }

    [StoreFact]
    public async Task A_prompt_that_is_deleted_has_ended_and_one_that_is_retried_has_not()
    {
        var batch = await FedAsync(2);
        var prompts = await _store.ListOpenPromptsAsync(batch, 10, default);
        Assert.Equal(2, prompts.Count);
        await _store.DeleteAsync(prompts[0], default);
        await _store.CancelAsync(prompts[1], default);
        var progress = await _store.ReadProgressAsync(batch, 10, default);
        Assert.Equal([(1, (Guid?)null), (2, prompts[1])], progress.Ended.Select(line => ((int)line.Number, line.Prompt)));
        Assert.True((await _store.RetryAsync(prompts[1], default)).Allowed);
        progress = await _store.ReadProgressAsync(batch, 10, default);
        Assert.Equal((1, 1), (progress.Ended.Count, progress.Open));
        Assert.False(await CollectAsync(batch, [2], "too soon", null));
        Assert.True(await CollectAsync(batch, [1], null, "deleted"));
    }

    [StoreFact]
    public async Task Retention_leaves_prompts_whose_line_is_in_no_file()
    {
        var batch = await FedAsync(2);
        await CompleteAsync();
        await CompleteAsync();
        _time.Advance(TimeSpan.FromDays(10));
        Assert.Equal(0, await _store.PurgeAsync(_time.GetUtcNow(), 10, default));
        Assert.True(await CollectAsync(batch, [2], "two", null));
        Assert.Equal(1, await _store.PurgeAsync(_time.GetUtcNow(), 10, default));
        Assert.Single((await _store.ReadProgressAsync(batch, 10, default)).Ended);
        Assert.NotNull(await _store.FindBatchAsync(batch.Id, default));
    }

    [StoreFact]
    public async Task Retention_removes_batches_that_ended_long_ago_and_leaves_their_files()
    {
        var batch = await FedAsync(1);
        await CompleteAsync();
        Assert.True(await CollectAsync(batch, [1], "one", null));
        Assert.True(await _store.AdvanceBatchAsync(batch.Id, new(BatchStatus.InProgress, BatchStatus.Completed), default));
        var output = (await _store.FindBatchAsync(batch.Id, default))!.OutputFile!.Value;
        _time.Advance(TimeSpan.FromDays(10));
        await _store.PurgeAsync(DateTimeOffset.MinValue, 10, default);
        Assert.NotNull(await _store.FindBatchAsync(batch.Id, default));
        await _store.PurgeAsync(_time.GetUtcNow(), 10, default);
        Assert.Null(await _store.FindBatchAsync(batch.Id, default));
        Assert.NotNull(await _store.FindFileAsync(output, default));
    }

    [StoreFact]
    public async Task Lines_that_never_become_prompts_are_passed_over_once()
    {
        var batch = await FedAsync(1);
        Assert.True(await _store.CollectAsync(batch, new([], new(0, 0, 0, 2, 3, 0, 0))
        {
            Next = new(30, 6),
            Errors = await StageAsync("five"),
        }, default));
        Assert.False(await _store.CollectAsync(batch, new([], new(0, 0, 0, 2, 3, 0, 0)) { Next = new(30, 6) }, default));
        var now = (await _store.FindBatchAsync(batch.Id, default))!;
        Assert.Equal((new BatchCursor(30, 6), 2, 3), (now.Cursor, now.Counts.Cancelled, now.Counts.Expired));
        Assert.NotNull(now.ErrorFile);
    }

    [StoreFact]
    public async Task Batches_are_listed_by_owner_in_either_direction()
    {
        var input = await InputAsync();
        var batches = new List<Batch>();
        for (var number = 0; number < 6; number++)
            batches.Add((await _store.AddBatchAsync(
                New(input.Id) with { Owner = number % 2 == 0 ? "alice" : "bob", Metadata = $"{number}" }, default))!);
        await _store.AddBatchAsync(New(input.Id) with { Api = BatchApi.Anthropic }, default);

        Assert.Equal("543210", await NamesAsync(new(BatchApi.OpenAI, 10)));
        Assert.Equal("54+", await NamesAsync(new(BatchApi.OpenAI, 2)));
        Assert.Equal("21+", await NamesAsync(new(BatchApi.OpenAI, 2) { After = batches[3].Seq }));
        Assert.Equal("43+", await NamesAsync(new(BatchApi.OpenAI, 2) { Before = batches[2].Seq }));
        Assert.Equal("5", await NamesAsync(new(BatchApi.OpenAI, 2) { Before = batches[4].Seq }));
        Assert.Equal("420", await NamesAsync(new(BatchApi.OpenAI, 3) { Owner = "alice" }));
        Assert.Equal("", await NamesAsync(new(BatchApi.Anthropic, 3) { Owner = "alice" }));
    }
}
