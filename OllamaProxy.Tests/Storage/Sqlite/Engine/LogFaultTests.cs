using System.Net.Http.Json;
using OllamaProxy.Storage.Sqlite;
using OllamaProxy.Tests.Api;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Storage.Sqlite.Engine;

/// <summary>
/// The files that SQLite keeps beside the database, its log and the index of that, when somebody takes them away. Elsewhere than on Linux
/// nothing notices.
/// </summary>
public sealed class LogFaultTests
{
    public static TheoryData<string, string> Faults => new()
    {
        { "-wal", "deleted" },
        { "-wal", "moved" },
        { "-wal", "replaced" },
        { "-wal", "replaced by a folder" },
        { "-wal", "replaced by its copy" },
        { "-shm", "deleted" },
        { "-shm", "moved" },
        { "-shm", "replaced" },
    };

    [LinuxTheory]
    [MemberData(nameof(Faults))]
    public async Task Where_the_log_is_not_in_its_place_nothing_is_acknowledged_and_a_restart_has_all_that_was(string file, string fault)
    {
        await using var rig = await StorageRig.StartAsync();
        var before = await rig.SubmitAsync("before");
        var path = rig.Proxy.DatabasePath + file;
        Break(path, fault);

        Assert.StartsWith($"The file {path}, which belongs to the database, was moved, deleted or replaced",
            await rig.AssertRefusedAsync(mayPass: false), StringComparison.Ordinal);
        if (fault == "replaced by a folder")
            Directory.Delete(path);
        await rig.Proxy.RestartAsync();
        Assert.Equal("queued", (await rig.Proxy.StatusAsync(before)).GetProperty("status").GetString());
        await rig.Proxy.SubmitAsync(new { prompt = "after" });
        StorageRig.AssertSound(rig.Proxy.DatabasePath, 2);
    }

    [LinuxTheory]
    [InlineData("-wal")]
    [InlineData("-shm")]
    public async Task A_log_that_was_moved_away_and_is_put_back_is_gone_on_with(string file)
    {
        await using var rig = await StorageRig.StartAsync();
        var before = await rig.SubmitAsync("before");
        File.Move(rig.Proxy.DatabasePath + file, rig.Proxy.DatabasePath + ".away");
        await rig.AssertRefusedAsync(mayPass: false);

        File.Move(rig.Proxy.DatabasePath + ".away", rig.Proxy.DatabasePath + file);

        await rig.AssertHoldsAsync(before, await rig.SubmitAsync("after"));
    }

    [LinuxFact]
    public async Task What_was_acknowledged_before_the_log_was_deleted_is_kept_though_the_program_is_killed()
    {
        await using var rig = await StorageRig.StartAsync();
        var acknowledged = new List<string>();
        var submitters = Enumerable.Range(0, 8).Select(_ => Task.Run(SubmitUntilRefusedAsync)).ToList();
        await Eventually.True(() => Count() > 100);

        File.Delete(rig.Proxy.DatabasePath + "-wal");
        await Task.WhenAll(submitters);

        // What a kill leaves is what is in the file by now.
        using var folder = new TempFolder();
        File.Copy(rig.Proxy.DatabasePath, folder.File("queue.db"));
        await using var left = SqlitePromptStore.Open(folder.File("queue.db"), "llama3.2", TimeProvider.System);
        foreach (var id in acknowledged)
            Assert.NotNull(await left.FindAsync(Guid.Parse(id), default));

        async Task SubmitUntilRefusedAsync()
        {
            while (true)
            {
                using var response = await rig.Proxy.Client.PostAsJsonAsync("/api/v1/prompt", new { prompt = "again" });
                if (!response.IsSuccessStatusCode)
                {
                    await Problem.OfAsync(response, 503);
                    return;
                }
                lock (acknowledged)
                    acknowledged.Add(response.Headers.Location!.ToString().Split('/')[^2]);
            }
        }

        int Count()
        {
            lock (acknowledged)
                return acknowledged.Count;
        }
    }

    private static void Break(string path, string fault)
    {
        var content = File.ReadAllBytes(path);
        if (fault == "moved")
            File.Move(path, path + ".away");
        else
            File.Delete(path);
        if (fault == "replaced")
            File.WriteAllBytes(path, []);
        if (fault == "replaced by its copy")
            File.WriteAllBytes(path, content);
        if (fault == "replaced by a folder")
            Directory.CreateDirectory(path);
    }
}
