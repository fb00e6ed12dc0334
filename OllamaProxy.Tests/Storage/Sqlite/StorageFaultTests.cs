using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using OllamaProxy.Prompts;
using OllamaProxy.Storage;
using OllamaProxy.Storage.Sqlite.Engine;
using OllamaProxy.Tests.Api;
using OllamaProxy.Tests.Support;
using OllamaProxy.Tests.Worker;

namespace OllamaProxy.Tests.Storage.Sqlite;

/// <summary>What the store does when SQLite, or the disk under it, does not do as it is told.</summary>
public sealed class StorageFaultTests
{
    [Theory]
    [InlineData("/v1/chat/completions", "api_error")]
    [InlineData("/v1/messages", "overloaded_error")]
    public async Task A_store_that_takes_no_call_is_503_in_the_words_of_the_API(string path, string type)
    {
        await using var rig = await StorageRig.StartAsync();
        using var held = StorageRig.Lock(rig.Proxy.DatabasePath);

        using var response = await rig.Proxy.Client.PostAsJsonAsync(path, new { model = "tiny" });

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.NotNull(response.Headers.RetryAfter);
        Assert.Equal(type, (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error").GetProperty("type").GetString());
    }

    [Fact]
    public async Task While_another_process_holds_the_lock_submits_are_503_and_reads_work()
    {
        await using var rig = await StorageRig.StartAsync();
        var before = await rig.SubmitAsync("before");
        using (StorageRig.Lock(rig.Proxy.DatabasePath))
        {
            Assert.Equal(
                $"The database {rig.Proxy.DatabasePath} is locked by another process.", await rig.AssertRefusedAsync(mayPass: true));
            await rig.AssertHoldsAsync(before);
        }

        await rig.AssertHoldsAsync(before, await rig.SubmitAsync("after"));
    }

    [Fact]
    public async Task While_the_disk_is_full_submits_are_503_and_reads_work()
    {
        await using var rig = await StorageRig.StartAsync();
        var before = await rig.SubmitAsync("before");
        FillDisk(rig.Writer, true);

        Assert.Equal(
            $"The disk of the database {rig.Proxy.DatabasePath} is full.",
            await rig.AssertRefusedAsync(mayPass: true, StorageRig.LargeText));
        await rig.AssertHoldsAsync(before);

        FillDisk(rig.Writer, false);
        await rig.AssertHoldsAsync(before, await rig.SubmitAsync(StorageRig.LargeText));
    }

    [Fact]
    public async Task Of_submits_at_once_on_a_full_disk_exactly_those_are_there_that_were_acknowledged()
    {
        await using var rig = await StorageRig.StartAsync();
        FillDisk(rig.Writer, true);

        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(async number =>
        {
            using var response = await rig.Proxy.Client.PostAsJsonAsync("/api/v1/prompt",
                new { prompt = number % 3 == 0 ? StorageRig.LargeText : "small" });
            if (response.IsSuccessStatusCode)
                return response.Headers.Location!.ToString().Split('/')[^2];
            Assert.Equal($"The disk of the database {rig.Proxy.DatabasePath} is full.", (await Problem.OfAsync(response, 503)).Detail);
            return null;
        }));

        await rig.AssertHoldsAsync([.. answers.OfType<string>()]);
    }

    [Theory]
    [InlineData("locked")]
    [InlineData("full")]
    public async Task A_result_that_the_store_cannot_take_at_the_moment_is_stored_later_without_a_second_generation(string fault)
    {
        await using var rig = await WorkerRig.StartAsync(latency: TimeSpan.FromSeconds(10),
            ("OLLAMA_PROXY_LEASE_SECONDS", "86400"), ("OLLAMA_TIMEOUT", "86400"), ("OLLAMA_IDLE_TIMEOUT", "86400"));
        var writer = await StorageRig.WriterOfAsync(rig.Store);
        var id = await rig.SubmitAsync("precious",
            prompt => prompt with { Request = """{"options":{"simulator_tokens":20000}}"""u8.ToArray() });
        _ = rig.Drain();
        await rig.Ollama.Requests.WaitForAsync(1);
        using var otherProcess = fault == "locked" ? StorageRig.Lock(rig.DatabasePath) : null;
        FillDisk(writer, fault == "full");

        await Eventually.True(() =>
        {
            rig.Time.Advance(TimeSpan.FromSeconds(1));
            return rig.Log.Lines.Any(line => line.Contains("trying again", StringComparison.Ordinal));
        });
        otherProcess?.Dispose();
        FillDisk(writer, false);

        Assert.Equal(
            (PromptStatus.Completed, 1),
            await rig.AdvanceUntilEndedAsync(id, TimeSpan.FromSeconds(1)) is var prompt ? (prompt.Status, prompt.Attempts) : default);
        Assert.Equal(1, rig.Ollama.Requests.Count);
        StorageRig.AssertSound(rig.DatabasePath, 1);
    }

    [Fact]
    public async Task While_the_file_cannot_be_written_submits_are_503_and_reads_work()
    {
        await using var rig = await StorageRig.StartAsync();
        var before = await rig.SubmitAsync("before");
        rig.Writer.Execute("PRAGMA query_only = ON");

        Assert.Equal($"The database {rig.Proxy.DatabasePath} is read-only.", await rig.AssertRefusedAsync(mayPass: false));
        await rig.AssertHoldsAsync(before);

        rig.Writer.Execute("PRAGMA query_only = OFF");
        await rig.AssertHoldsAsync(before, await rig.SubmitAsync("after"));
    }

    [Fact]
    public async Task A_file_that_is_moved_away_takes_no_prompts_until_it_is_back_and_none_takes_its_place()
    {
        await using var rig = await StorageRig.StartAsync();
        var before = await rig.SubmitAsync("before");
        File.Move(rig.Proxy.DatabasePath, rig.Proxy.DatabasePath + ".away");

        Assert.Contains(
            $"The database {rig.Proxy.DatabasePath} was moved or deleted",
            await rig.AssertRefusedAsync(mayPass: false),
            StringComparison.Ordinal);
        Assert.False(File.Exists(rig.Proxy.DatabasePath));

        File.Move(rig.Proxy.DatabasePath + ".away", rig.Proxy.DatabasePath);
        await rig.AssertHoldsAsync(before, await rig.SubmitAsync("after"));
    }

    [Fact]
    public async Task Where_SQLite_ends_a_whole_transaction_each_write_in_it_hears_why()
    {
        using var folder = new TempFolder();
        await using var store = StorageRig.OpenStore(folder.File("queue.db"));
        FillDisk(await StorageRig.WriterOfAsync(store), true);

        // While the first holds the writer up, the others gather for the next transaction.
        using var begun = new SemaphoreSlim(0);
        using var gathered = new ManualResetEventSlim();
        var first = store.WriteAsync((_, _) =>
        {
            begun.Release();
            return gathered.Wait(TimeSpan.FromMinutes(1));
        }, default);
        Assert.True(await begun.WaitAsync(TimeSpan.FromMinutes(1)));
        var writes = new List<Task> { StorageRig.AddAsync(store, "one") };
        writes.Add(store.WriteAsync(
            (connection, _) => connection.Execute("INSERT INTO leases (seq, token, expires_at) VALUES (1, zeroblob(1000000), 1)"),
            default));
        writes.Add(StorageRig.AddAsync(store, "two"));
        gathered.Set();
        await first;

        foreach (var write in writes)
            Assert.Equal(
                $"The disk of the database {folder.File("queue.db")} is full.",
                (await Assert.ThrowsAsync<StoreException>(() => write)).Message);
        FillDisk(await StorageRig.WriterOfAsync(store), false);
        await StorageRig.AddAsync(store, "three");
        StorageRig.AssertSound(folder.File("queue.db"), 1);
    }

    /// <summary>Has SQLite believe that the file cannot grow, or that it can again.</summary>
    private static void FillDisk(SqliteConnection writer, bool full) => writer.Execute($"PRAGMA max_page_count = {(full ? 1 : 1_000_000)}");
}
