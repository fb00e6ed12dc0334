using System.Security.Cryptography;
using Microsoft.Extensions.Time.Testing;
using OllamaProxy.Files;
using OllamaProxy.Storage;
using OllamaProxy.Storage.Files;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Storage.Files;

/// <summary>The files of clients.</summary>
public abstract class FileStoreTests(StoreHome home) : IAsyncLifetime
{
    private readonly FakeTimeProvider _time = new(new(2026, 2, 21, 12, 0, 0, TimeSpan.Zero));
    private IPromptStore _store = null!;

    public async Task InitializeAsync() => _store = await home.OpenAsync(_time);

    public async Task DisposeAsync() => await home.DisposeAsync();

    [StoreTheory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(65_536)]
    [InlineData(1_048_576)]
    [InlineData(3_000_001)]
    public async Task A_file_of_any_length_comes_back_as_it_was_written_from_any_offset(int length)
    {
        var bytes = RandomNumberGenerator.GetBytes(length);
        var added = await AddAsync(new("naïve 🦙.jsonl", "batch") { Owner = "alice", ExpiresAfter = TimeSpan.FromHours(2) }, bytes);

        Assert.Equal(
            ("naïve 🦙.jsonl", "batch", "alice", length, _time.GetUtcNow(), _time.GetUtcNow().AddHours(2)),
            (added.Name, added.Purpose, added.Owner, added.Bytes, added.CreatedAt, added.ExpiresAt));
        Assert.Equal(added, await _store.FindFileAsync(added.Id, default));
        foreach (var offset in new[] { 0, 1, 65_535, 65_536, 65_537, 1_048_577, length - 1, length }.Where(at => at >= 0 && at <= length))
        {
            var content = await _store.OpenFileAsync(added, offset, default);
            Assert.Equal(length - offset, content.Length);
            Assert.Equal(bytes[offset..], await content.ReadWholeAsync(default));
        }
    }

    [StoreFact]
    public async Task A_file_that_is_deleted_leaves_nothing_behind()
    {
        var added = await AddAsync(new("a", "batch"), new byte[10_000_000]);
        Assert.Equal(FileDeletion.Deleted, await _store.DeleteFileAsync(added.Id, default));
        Assert.Equal(FileDeletion.Unknown, await _store.DeleteFileAsync(added.Id, default));
        Assert.Null(await _store.FindFileAsync(added.Id, default));
        var content = await _store.OpenFileAsync(added, 0, default);
        Assert.Equal(0, content.Length);
        await ShrinkAsync();
        Assert.Equal(0, await CountAsync("texts") + await CountAsync("parts") + await CountAsync("files"));
    }

    [StoreFact]
    public async Task What_is_no_file_in_time_is_removed()
    {
        using (var content = _store.BeginContent())
        {
            await content.WriteAsync(new byte[3_000_000], default);
            var staged = await content.CompleteAsync(default);
            _time.Advance(TimeSpan.FromMinutes(11));
            await ShrinkAsync();
            await Assert.ThrowsAsync<StoreException>(() => _store.AddFileAsync(new("late", "batch"), staged, 0, default));
        }
        Assert.Equal(0, await CountAsync("texts") + await CountAsync("parts") + await CountAsync("files"));
    }

    [StoreFact]
    public async Task Files_that_have_expired_are_removed_and_no_others()
    {
        var kept = await AddAsync(new("kept", "vision"), [1]);
        for (var number = 0; number < 3; number++)
            await AddAsync(new("short", "batch") { ExpiresAfter = TimeSpan.FromHours(1) }, [1]);
        Assert.Equal(0, await _store.RemoveExpiredFilesAsync(2, default));
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal((2, 1), (await _store.RemoveExpiredFilesAsync(2, default), await _store.RemoveExpiredFilesAsync(2, default)));
        Assert.Equal([kept], (await _store.ListFilesAsync(new(10), default)).Files);
    }

    [StoreFact]
    public async Task An_owner_may_have_only_so_many_bytes()
    {
        await AddAsync(new("a", "batch") { Owner = "alice" }, new byte[60], 100);
        await AddAsync(new("a", "batch") { Owner = "bob" }, new byte[60], 100);
        await AddAsync(new("a", "batch"), new byte[60], 100);
        foreach (var owner in new[] { "alice", "bob", null })
        {
            var refused = await Assert.ThrowsAsync<FileQuotaException>(
                () => AddAsync(new("b", "batch") { Owner = owner }, new byte[41], 100));
            Assert.Contains("41 bytes, and the others of its owner have 60", refused.Message, StringComparison.Ordinal);
            await AddAsync(new("c", "batch") { Owner = owner }, new byte[40], 100);
        }
        Assert.Equal(6, await CountAsync("files"));
    }

    [StoreFact]
    public async Task Of_files_that_are_added_at_once_none_exceeds_what_their_owner_may_have()
    {
        var added = await Task.WhenAll(Enumerable.Range(0, 10).Select(async _ =>
        {
            try
            {
                await AddAsync(new("a", "batch") { Owner = "alice" }, new byte[30], 100);
                return 1;
            }
            catch (FileQuotaException)
            {
                return 0;
            }
        }));
        Assert.Equal((3, 3), (added.Sum(), await CountAsync("files")));
    }

    [StoreFact]
    public async Task Files_are_listed_by_owner_and_purpose_in_either_direction()
    {
        var files = new List<StoredFile>();
        for (var number = 0; number < 8; number++)
            files.Add(await AddAsync(
                new($"{number}", number % 4 < 2 ? "batch" : "vision") { Owner = number % 2 == 0 ? "alice" : "bob" }, [1]));

        Assert.Equal("76543210", await NamesAsync(new(10)));
        Assert.Equal("01234567", await NamesAsync(new(10) { IsAscending = true }));
        Assert.Equal("765+", await NamesAsync(new(3)));
        Assert.Equal("432+", await NamesAsync(new(3) { After = files[5].Seq }));
        Assert.Equal("67", await NamesAsync(new(3) { After = files[5].Seq, IsAscending = true }));
        Assert.Equal("6420", await NamesAsync(new(4) { Owner = "alice" }));
        Assert.Equal("40", await NamesAsync(new(4) { Owner = "alice", Purpose = "batch" }));
        Assert.Equal("7632", await NamesAsync(new(4) { Purpose = "vision" }));
        Assert.Equal("", await NamesAsync(new(4) { Owner = "carol" }));
    }

    private async Task<string> NamesAsync(FileQuery query)
    {
        var page = await _store.ListFilesAsync(query, default);
        return string.Concat(page.Files.Select(file => file.Name)) + (page.HasMore ? "+" : "");
    }

    private async Task<StoredFile> AddAsync(NewFile file, byte[] bytes, long maxBytes = 0)
    {
        using var content = _store.BeginContent();
        // In pieces of odd lengths, as they come.
        foreach (var piece in bytes.Chunk(50_001))
            await content.WriteAsync(piece, default);
        var staged = await content.CompleteAsync(default);
        Assert.Equal(SHA256.HashData(bytes), staged.Sha256.ToArray());
        return await _store.AddFileAsync(file, staged, maxBytes, default);
    }

    private async Task ShrinkAsync()
    {
        while (await _store.ShrinkAsync(default))
        {
            // Some at a time.
        }
    }

    private Task<long> CountAsync(string table) => home.NumberAsync($"SELECT count(*) FROM {table}");

    public sealed class OnSqlite() : FileStoreTests(StoreHome.Sqlite());

    public sealed class OnPostgres() : FileStoreTests(StoreHome.Postgres());
}
