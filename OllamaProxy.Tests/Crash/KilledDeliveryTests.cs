using System.Net.Http.Json;
using System.Text.Json;
using OllamaProxy.Benchmarks.Processes;
using OllamaProxy.Tests.Api.Batches;
using OllamaProxy.Tests.Support;
using OllamaProxy.Tests.Webhooks;

namespace OllamaProxy.Tests.Crash;

/// <summary>The program, killed between the end of a prompt and the answer of the client that is told of it.</summary>
public sealed class KilledDeliveryTests
{
    private static readonly int Kills = LongRuns.Of(3, 20);
    private static readonly int Prompts = LongRuns.Of(200, 2000);

    [Fact]
    public async Task What_ended_before_a_kill_is_told_of_after_it()
    {
        var port = FreePort.Next();
        await using var rig = await CrashRig.StartAsync();
        rig.Launch(Receiver.Settings);
        await rig.OpenAsync();
        var id = await SubmitAsync(await rig.ClientAsync(), $"http://127.0.0.1:{port}/hook");
        // Nobody listens yet.
        await Eventually.NotNull(async () =>
            await rig.Home.NumberAsync("SELECT count(*) FROM deliveries WHERE error IS NOT NULL") == 1 ? "tried" : null);
        rig.Kill();

        var answers = 0;
        var amid = new TaskCompletionSource();
        await using var receiver = await Receiver.StartAsync(async (context, _) =>
        {
            if (Interlocked.Increment(ref answers) > 1)
                return;
            amid.SetResult();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        }, port);
        rig.Launch(Receiver.Settings);
        await rig.OpenAsync();
        await Receiver.HurryAsync(rig.Home);
        await amid.Task.WaitAsync(TimeSpan.FromSeconds(60));
        // The receiver has it, but that is not known here.
        rig.Kill();
        rig.Launch(Receiver.Settings);
        await rig.OpenAsync();
        await Receiver.HurryAsync(rig.Home);

        var told = await receiver.WaitForAsync(2);
        Assert.All(told, each => Assert.Equal(("prompt.completed", id, told[0].Id), (each.Type, each.Subject, each.Id)));
        await Eventually.NotNull(async () =>
            await rig.Home.NumberAsync("SELECT count(*) FROM deliveries WHERE delivered_at IS NOT NULL") == 1 ? "delivered" : null);
        Assert.Equal(0, await rig.EndAsync());
    }

    [Fact]
    public async Task Killed_again_and_again_it_tells_of_the_end_of_each_prompt_with_one_event()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var rig = await CrashRig.StartAsync();
        rig.Launch(Receiver.Settings);
        await rig.OpenAsync();
        var ids = new HashSet<string>();
        var random = new Random(20260221);
        for (var kill = 0; kill < Kills; kill++)
        {
            var client = await rig.ClientAsync();
            var before = receiver.All.Count;
            using var response = await client.PostAsJsonAsync("/api/v1/prompts", Enumerable.Range(0, Prompts / Kills).Select(number => new
            {
                prompt = $"prompt {number}",
                model = "tiny",
                callback_url = receiver.Url,
                options = new { simulator_tokens = 1 },
            }));
            var answer = await client.AnswerAsync(response);
            ids.UnionWith(answer.GetProperty("ids").EnumerateArray().Select(id => id.GetString()!));
            await receiver.WaitForAsync(before + random.Next(1, Prompts / Kills / 2));
            await Task.Delay(random.Next(100));
            rig.Kill();
            rig.Launch(Receiver.Settings);
            await rig.OpenAsync();
        }
        await Eventually.NotNull(async () =>
            await rig.Home.NumberAsync("SELECT count(*) FROM prompts WHERE status = 'completed'") == ids.Count ? "done" : null);
        // What was being sent when it was killed would be sent again half a minute later.
        await Receiver.HurryAsync(rig.Home);
        await Eventually.NotNull(async () =>
            await rig.Home.NumberAsync("SELECT count(*) FROM deliveries WHERE delivered_at IS NULL") == 0 ? "told" : null);
        Assert.Equal(ids, receiver.All.Select(each => each.Subject).ToHashSet());
        Assert.Equal(ids.Count, receiver.All.Select(each => each.Id).Distinct().Count());
        Assert.Equal(0, await rig.EndAsync());
    }

    private static async Task<string> SubmitAsync(HttpClient client, string url)
    {
        using var response = await client.PostAsJsonAsync("/api/v1/prompt", new { prompt = "hello", model = "tiny", callback_url = url });
        return (await response.Content.ReadFromJsonAsync<JsonElement>()).Text("id");
    }
}
