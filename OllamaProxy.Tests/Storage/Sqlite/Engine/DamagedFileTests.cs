using System.Globalization;
using OllamaProxy.Storage;
using OllamaProxy.Storage.Sqlite.Engine;
using OllamaProxy.Tests.Api;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Storage.Sqlite.Engine;

/// <summary>What the store does with a file that is not, or no longer, what it wrote: it never writes over it.</summary>
public sealed class DamagedFileTests
{
    [Fact]
    public async Task A_file_that_took_the_place_of_ours_is_left_alone()
    {
        using var folder = new TempFolder();
        await using (var store = StorageRig.OpenStore(folder.File("queue.db")))
        {
            File.Delete(folder.File("queue.db"));
            await File.WriteAllTextAsync(folder.File("queue.db"), "notes");
            await Assert.ThrowsAsync<StoreException>(() => store.AddAsync(new("lost", "m", "{}"u8.ToArray()), 0, default));
        }
        Assert.Equal("notes", await File.ReadAllTextAsync(folder.File("queue.db")));
    }

    [Theory]
    [InlineData(0, 100, "The file {0} is no SQLite database.")]
    [InlineData(4096, int.MaxValue, "The database {0} is damaged.")]
    public async Task A_file_that_was_damaged_is_refused_with_a_clear_message_and_left_alone(int from, int to, string message)
    {
        using var folder = new TempFolder();
        var path = folder.File("queue.db");
        await using (var store = StorageRig.OpenStore(path))
            await StorageRig.AddAsync(store, StorageRig.LargeText);
        Damage(path, from, to);
        var before = await File.ReadAllBytesAsync(path);

        var refused = Assert.Throws<StoreException>(() => StorageRig.OpenStore(path));

        Assert.Equal(string.Format(CultureInfo.InvariantCulture, message, path), refused.Message);
        Assert.Equal(before, await File.ReadAllBytesAsync(path));
    }

    [Fact]
    public async Task A_file_that_was_cut_short_is_refused_with_a_clear_message_and_left_alone()
    {
        using var folder = new TempFolder();
        var path = folder.File("queue.db");
        await using (var store = StorageRig.OpenStore(path))
            await StorageRig.AddAsync(store, StorageRig.LargeText);
        var before = (await File.ReadAllBytesAsync(path))[..500_000];
        await File.WriteAllBytesAsync(path, before);

        Assert.Equal($"The database {path} is damaged.", Assert.Throws<StoreException>(() => StorageRig.OpenStore(path)).Message);
        Assert.Equal(before, await File.ReadAllBytesAsync(path));
    }

    [Fact]
    public async Task A_file_that_is_damaged_while_the_program_runs_is_named_in_a_503_and_never_overwritten()
    {
        await using var rig = await StorageRig.StartAsync();
        var id = await rig.SubmitAsync(StorageRig.LargeText);
        rig.Writer.Execute("PRAGMA wal_checkpoint(TRUNCATE)");
        Damage(rig.Proxy.DatabasePath, 300_000, 900_000);
        var before = await File.ReadAllBytesAsync(rig.Proxy.DatabasePath);

        using var content = await rig.Proxy.Client.GetAsync($"/api/v1/prompt/{id}");
        Assert.Equal($"The database {rig.Proxy.DatabasePath} is damaged.", (await Problem.OfAsync(content, 503)).Detail);
        Assert.Null(content.Headers.RetryAfter);
        Assert.Equal("queued", (await rig.Proxy.StatusAsync(id)).GetProperty("status").GetString());
        Assert.Equal(before, await File.ReadAllBytesAsync(rig.Proxy.DatabasePath));
    }

    [Fact]
    public async Task A_header_that_is_destroyed_while_the_program_runs_costs_no_prompt()
    {
        using var folder = new TempFolder();
        var path = folder.File("queue.db");
        await using (var store = StorageRig.OpenStore(path))
        {
            await StorageRig.AddAsync(store, "before");
            (await StorageRig.WriterOfAsync(store)).Execute("PRAGMA wal_checkpoint(TRUNCATE)");
            Damage(path, 0, 100);

            // Nothing of the header is read again, and with the next page that is needed it is written anew, with the log.
            await StorageRig.AddAsync(store, StorageRig.LargeText);
            Assert.Equal(2, (await store.ListAsync(new(1, 5), default)).Total);
        }
        await using var again = StorageRig.OpenStore(path);
        Assert.Equal(2, (await again.ListAsync(new(1, 5), default)).Total);
        StorageRig.AssertSound(path, 2);
    }

    [UnprivilegedFact]
    public async Task A_file_that_the_program_may_not_write_stops_the_start_with_one_line_and_is_left_alone()
    {
        using var folder = new TempFolder();
        var path = folder.File("queue.db");
        await using (var store = StorageRig.OpenStore(path))
            await StorageRig.AddAsync(store, "before");
        var before = await File.ReadAllBytesAsync(path);

        var (code, output) = await UnprivilegedServer.RunAsync(folder, path);

        Assert.Equal((1, $"The database {path} is read-only."), (code, output.Trim()));
        Assert.Equal(before, await File.ReadAllBytesAsync(path));
        Assert.Equal([path], Directory.GetFiles(folder.Path));
    }

    private static void Damage(string path, long from, long to)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite) { Position = from };
        file.Write(Enumerable.Repeat((byte)0xA5, (int)(Math.Min(to, file.Length) - from)).ToArray());
    }
}
