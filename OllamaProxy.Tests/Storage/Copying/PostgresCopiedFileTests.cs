using System.Security.Cryptography;
using System.Text;
using OllamaProxy.Batches;
using OllamaProxy.Files;
using OllamaProxy.Prompts;
using OllamaProxy.Protocol;
using OllamaProxy.Storage;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Storage.Copying;

/// <summary>Files and batches go over with the prompts, and batches go on there.</summary>
public sealed class PostgresCopiedFileTests : IAsyncLifetime
{
    private static readonly ClaimTerms Terms = new(10, TimeSpan.FromMinutes(1), 3, "here");

    private CopyRig Rig { get; } = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await Rig.DisposeAsync();

    [StoreTheory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    public async Task Files_and_batches_are_as_they_were_and_go_on(bool fromPostgres, bool toPostgres)
    {
        var (source, copy) = (await Rig.EmptyAsync(fromPostgres, "source.db"), await Rig.EmptyAsync(toPostgres, "copy.db"));
        var bytes = RandomNumberGenerator.GetBytes(9_000_000);
        var (file, batch) = await Rig.WithStoreAsync(source, async store =>
        {
            var input = await AddAsync(
                store, new("größe.jsonl", "batch") { Owner = "alice", ExpiresAfter = TimeSpan.FromDays(3) }, bytes);
            var other = await AddAsync(store, new("gone", "vision"), [1]);
            await store.DeleteFileAsync(other.Id, default);
            var added = (await store.AddBatchAsync(
                new(Guid.NewGuid(), BatchApi.OpenAI, "/v1/completions", input.Id, TimeSpan.FromHours(24))
                {
                    Owner = "alice",
                    Metadata = """{"ü":"🦙"}""",
                    OutputLifetime = TimeSpan.FromDays(1),
                }, default))!;
            await store.AdvanceBatchAsync(added.Id, new(BatchStatus.Validating, BatchStatus.InProgress) { Total = 3 }, default);
            added = (await store.FindBatchAsync(added.Id, default))!;
            Assert.True(await store.FeedBatchAsync(added, [Line(1), Line(2), Line(3)], new(30, 3), 0, default));
            added = (await store.FindBatchAsync(added.Id, default))!;
            await EndAsync(store);
            await EndAsync(store);
            Assert.True(await CollectAsync(store, added, 1));
            return (input, (await store.FindBatchAsync(added.Id, default))!);
        });

        Assert.True((await CopyRig.CopyAsync(source, copy)).IsExact);

        await Rig.WithStoreAsync(copy, async store =>
        {
            Assert.Equal(batch, await store.FindBatchAsync(batch.Id, default));
            Assert.Equal([file], (await store.ListFilesAsync(new(10), default)).Files);
            Assert.Equal(bytes, await (await store.OpenFileAsync(file, 0, default)).ReadWholeAsync(default));
            var progress = await store.ReadProgressAsync(batch, 10, default);
            Assert.Equal((2, "id 2", 1), (progress.Ended.Single().Number, progress.Ended.Single().CustomId, progress.Open));
            await EndAsync(store);
            Assert.True(await CollectAsync(store, batch, 2));
            Assert.True(await CollectAsync(store, batch, 3));
            Assert.True(await store.AdvanceBatchAsync(batch.Id, new(BatchStatus.InProgress, BatchStatus.Completed), default));
            var output = (await store.FindFileAsync(batch.OutputFile!.Value, default))!;
            Assert.Equal(
                "line 1\nline 2\nline 3\n",
                Encoding.UTF8.GetString(await (await store.OpenFileAsync(output, 0, default)).ReadWholeAsync(default)));
            return await AddAsync(store, new("next", "batch"), [2]);
        });
    }

    [StoreTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_store_with_files_is_not_copied_into(bool toPostgres)
    {
        var (source, copy) = (await Rig.EmptyAsync(false, "source.db"), await Rig.EmptyAsync(toPostgres, "copy.db"));
        foreach (var address in new[] { source, copy })
            await Rig.WithStoreAsync(address, store => AddAsync(store, new("a", "batch"), [1]));
        var refused = await Assert.ThrowsAsync<StoreException>(() => CopyRig.CopyAsync(source, copy));
        Assert.Contains("holds files or batches", refused.Message, StringComparison.Ordinal);
    }

    private static async Task<StoredFile> AddAsync(IPromptStore store, NewFile file, byte[] bytes)
    {
        using var content = store.BeginContent();
        await content.WriteAsync(bytes, default);
        return await store.AddFileAsync(file, await content.CompleteAsync(default), 0, default);
    }

    private static async Task EndAsync(IPromptStore store)
    {
        var claimed = (await store.ClaimAsync(Terms, default))!;
        Assert.True(await store.CompleteAsync(claimed.Lease, new("done", null, GenerationStatistics.None), default));
    }

    private static async Task<bool> CollectAsync(IPromptStore store, Batch batch, long line)
    {
        using var content = store.BeginContent();
        await content.WriteAsync(Encoding.UTF8.GetBytes($"line {line}\n"), default);
        var staged = await content.CompleteAsync(default);
        return await store.CollectAsync(batch, new([line], new(0, 1, 0, 0, 0, 0, 0)) { Output = staged.Text }, default);
    }

    private static OllamaProxy.Storage.Batches.BatchLine Line(long number) => new(number, $"id {number}", new("", "m", "{}"u8.ToArray())
    {
        Call = new("/v1/completions", "", HeaderList.Empty, "{}"u8.ToArray()),
    });
}
