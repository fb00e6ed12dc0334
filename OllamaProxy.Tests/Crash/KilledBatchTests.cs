using System.Net.Http.Json;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using OllamaProxy.Simulator.Generation;
using OllamaProxy.Tests.Api.Batches;
using OllamaProxy.Tests.Api.Files;
using OllamaProxy.Tests.Support;
using Xunit.Abstractions;

namespace OllamaProxy.Tests.Crash;

/// <summary>The program, killed amid a batch and amid an upload; and two of them on one store.</summary>
public sealed class KilledBatchTests(ITestOutputHelper output)
{
    private static readonly int Kills = LongRuns.Of(3, 20);
    private static readonly int Lines = LongRuns.Of(200, 2000);

    [Fact]
    public async Task Killed_again_and_again_amid_a_batch_it_writes_each_line_exactly_once()
    {
        await using var rig = await CrashRig.StartAsync();
        rig.Launch();
        await rig.OpenAsync();
        var client = await rig.ClientAsync();
        var created = await client.CreateAsync(await client.UploadAsync(LinesOf(Lines)));
        var random = new Random(20260221);
        for (var kill = 0; kill < Kills; kill++)
        {
            // Some more than at the last kill, so that the batch goes on, and no fixed time.
            var worked = rig.Ollama.Requests.WaitForAsync(rig.Ollama.Requests.Count + random.Next(1, Lines / Kills / 2));
            var server = await rig.ClientAsync();
            await Eventually.NotNull(async () =>
                worked.IsCompleted || await IsCompletedAsync(server, created.Text("id")) ? "worked" : null);
            await Task.Delay(random.Next(100));
            rig.Kill();
            rig.Launch();
            await rig.OpenAsync();
        }
        var batch = await (await rig.ClientAsync()).EndAsync(created.Text("id"));
        await AssertWholeAsync(await rig.ClientAsync(), batch);
        output.WriteLine($"{rig.Ollama.Requests.Count} requests for {Lines} lines.");
        Assert.Equal(0, await rig.EndAsync());
        await AssertNothingIsLeftAsync(rig.Home);
    }

    [Fact]
    public async Task Killed_amid_an_upload_it_has_the_whole_file_or_none_and_leaves_nothing_else()
    {
        await using var rig = await CrashRig.StartAsync();
        var bytes = RandomNumberGenerator.GetBytes(20_000_000);
        rig.Launch();
        for (var kill = 0; kill < Kills; kill++)
        {
            await rig.OpenAsync();
            var client = await rig.ClientAsync();
            using var form = FileTests.FormOf(bytes, "large.bin", ("purpose", "user_data"));
            var upload = TryAsync(() => client.PostAsync("/v1/files", form));
            var before = await CountAsync(rig.Home, "parts");
            await Eventually.NotNull(async () => upload.IsCompleted || await CountAsync(rig.Home, "parts") > before ? "some" : null);
            rig.Kill();
            await upload;
            rig.Launch();
        }
        await rig.OpenAsync();
        var files = await (await rig.ClientAsync()).GetFromJsonAsync<JsonElement>("/v1/files");
        foreach (var file in files.GetProperty("data").EnumerateArray())
            Assert.Equal(bytes, await (await rig.ClientAsync()).GetByteArrayAsync($"/v1/files/{file.Text("id")}/content"));
        Assert.Equal(0, await rig.EndAsync());

        // As if it were later.
        await rig.Home.QueryAsync("UPDATE texts SET expires_at = 0 WHERE expires_at IS NOT NULL RETURNING 1");
        var store = await rig.Home.OpenAsync(TimeProvider.System);
        while (await store.ShrinkAsync(default))
        {
            // Some at a time.
        }
        Assert.Equal(files.GetProperty("data").GetArrayLength(), await CountAsync(rig.Home, "texts"));
        Assert.Equal(0, await rig.Home.NumberAsync("SELECT count(*) FROM parts WHERE text NOT IN (SELECT id FROM texts)"));
    }

    [Fact]
    public async Task Two_processes_on_one_store_write_each_line_exactly_once_also_when_one_is_killed()
    {
        await using var rig = await CrashRig.StartAsync();
        rig.Launch();
        await rig.OpenAsync();
        using var other = rig.LaunchAnother();
        using var client = await other.ClientAsync();
        var ids = new List<string>();
        for (var number = 0; number < 2; number++)
            ids.Add((await client.CreateAsync(await client.UploadAsync(LinesOf(Lines)))).Text("id"));
        await rig.Ollama.Requests.WaitForAsync(rig.Ollama.Requests.Count + Lines / 2);
        rig.Kill();
        foreach (var id in ids)
            await AssertWholeAsync(client, await client.EndAsync(id));
        rig.Launch();
        await rig.OpenAsync();
        Assert.Equal(0, await rig.EndAsync());
        await AssertNothingIsLeftAsync(rig.Home);
    }

    private static async Task<bool> IsCompletedAsync(HttpClient client, string batch) =>
        (await client.GetFromJsonAsync<JsonElement>($"/v1/batches/{batch}")).Text("status") == "completed";

    private static IEnumerable<string> LinesOf(int count) =>
        Enumerable.Range(1, count).Select(number => BatchRig.Line($"id {number}", $"prompt {number}"));

    private static async Task AssertWholeAsync(HttpClient client, JsonElement batch)
    {
        Assert.Equal(("completed", (Lines, Lines, 0)), (batch.Text("status"), batch.Counts()));
        var lines = await client.LinesAsync(batch, "output_file_id");
        Assert.Equal(Lines, lines.Count);
        for (var number = 1; number <= Lines; number++)
        {
            var choice = lines[$"id {number}"].GetProperty("response").GetProperty("body").GetProperty("choices")[0];
            Assert.Equal(Simulation.AnswerTo($"prompt {number}"), choice.GetProperty("message").Text("content"));
        }
    }

    private static async Task AssertNothingIsLeftAsync(StoreHome home)
    {
        Assert.Equal(0, await CountAsync(home, "batch_lines"));
        Assert.Equal(0, await home.NumberAsync("SELECT count(*) FROM files WHERE batch IS NOT NULL"));
        Assert.Equal(0, await home.NumberAsync("SELECT count(*) FROM prompts WHERE status IN ('queued', 'processing')"));
        Assert.Equal(0, await home.NumberAsync(
            "SELECT count(*) FROM files WHERE bytes <> (SELECT sum(length) FROM texts WHERE file = files.seq)"));
        // What was staged when the process was killed is removed in time.
        Assert.Equal(0, await home.NumberAsync("SELECT count(*) FROM texts WHERE file IS NULL AND seq IS NULL AND expires_at IS NULL"));
    }

    private static Task<long> CountAsync(StoreHome home, string table) => home.NumberAsync($"SELECT count(*) FROM {table}");

    private static async Task TryAsync(Func<Task<HttpResponseMessage>> send)
    {
        try
        {
            (await send()).Dispose();
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or SocketException)
        {
            // It was killed.
        }
    }
}
