using System.Globalization;
using System.Text.Json;
using OllamaProxy.Simulator.Faults;
using OllamaProxy.Simulator.Generation;
using OllamaProxy.Tests.Support;
using Xunit.Abstractions;

namespace OllamaProxy.Tests.Crash;

/// <summary>
/// The program under load, killed again and again. <c>CRASH_TEST_SEED</c> and <c>CRASH_TEST_KILLS</c> make other runs of it, <see
/// cref="LongRuns"/> a longer one.
/// </summary>
public sealed class CrashTests(ITestOutputHelper output)
{
    private const string LeaseRanOut = "The worker that ran this prompt was not heard of for the length of its lease.";

    /// <summary>Prompts with what they say and what came of them, which PostgreSQL has apart.</summary>
    private static readonly string Contents =
        RunningProxy.IsOnPostgres ? "prompts JOIN payloads USING (seq) LEFT JOIN results USING (seq)" : "prompts";

    private static readonly Fault[] Faults =
    [
        Fault.Refuse, Fault.NotJson, Fault.Empty, Fault.Status(504, "late"), Fault.Status(500, "llama runner process has terminated"),
        Fault.Cut(3), Fault.ErrorLine(4, "unexpected EOF"), Fault.Stall(2),
    ];

    private static int Seed => Setting("CRASH_TEST_SEED", 20260221);

    private static int Kills => Setting("CRASH_TEST_KILLS", LongRuns.Of(5, 20));

    [Fact]
    public async Task Killed_again_and_again_under_load_it_completes_each_acknowledged_prompt_exactly_once_with_its_own_answer()
    {
        output.WriteLine($"CRASH_TEST_SEED={Seed} CRASH_TEST_KILLS={Kills}");
        await using var rig = await CrashRig.StartAsync();
        CrashClient[] clients = [.. Enumerable.Range(1, 4)
            .Select(number => new CrashClient(rig, $"client {number} prompt", new(Seed + number)))];
        using var enough = new CancellationTokenSource();
        Task[] runs = [.. clients.Select(client => Task.Run(() => client.RunAsync(enough.Token)))];

        var faults = await KillAgainAndAgainAsync(rig, runs);
        await enough.CancelAsync();
        await Task.WhenAll(runs);
        await Eventually.NotNull(async () =>
            await rig.Home.NumberAsync("SELECT count(*) FROM prompts WHERE status IN ('queued', 'processing')") == 0 ? "all ended" : null);
        Assert.Equal(0, await rig.Home.NumberAsync("SELECT count(*) FROM leases"));
        Assert.Equal(0, await rig.EndAsync());

        await rig.Home.AssertSoundAsync((int)await rig.Home.NumberAsync("SELECT count(*) FROM prompts"));
        Assert.Equal(0, await rig.Home.NumberAsync("SELECT count(*) FROM leases"));
        Assert.Equal(0, await rig.Home.NumberAsync("SELECT count(*) FROM attempts WHERE ended_at IS NULL"));
        await AssertEachEndedOnceAsync(rig, clients, faults);
        await AssertBatchesAreWholeAsync(rig, clients);
    }

    /// <summary>Returns how many faults there were.</summary>
    private static async Task<int> KillAgainAndAgainAsync(CrashRig rig, Task[] runs)
    {
        var random = new Random(Seed);
        var faults = 0;
        rig.Launch();
        for (var kill = 0; kill < Kills; kill++)
        {
            // Once in a while amid its start, else amid its work.
            if (random.Next(5) > 0)
            {
                await rig.OpenAsync();
                for (var more = random.Next(3); more > 0; more--, faults++)
                    rig.Ollama.Faults.Enqueue(Faults[random.Next(Faults.Length)]);
                var worked = rig.Ollama.Requests.WaitForAsync(rig.Ollama.Requests.Count + random.Next(1, 30));
                await await Task.WhenAny([worked, .. runs]);
                Assert.True(worked.IsCompletedSuccessfully, "A client went away.");
            }
            // No test waits for a fixed time, but a kill comes at any.
            await Task.Delay(random.Next(200));
            rig.Kill();
            rig.Launch();
        }
        await rig.OpenAsync();
        return faults;
    }

    private async Task AssertEachEndedOnceAsync(CrashRig rig, CrashClient[] clients, int faults)
    {
        var prompts = (await rig.Home.QueryAsync(
            $"""
            SELECT id, prompt, status, result, completed_at, attempts,
                (SELECT count(*) FROM attempts WHERE seq = prompts.seq),
                (SELECT count(*) FROM attempts WHERE seq = prompts.seq AND error IS NULL),
                (SELECT count(*) FROM attempts WHERE seq = prompts.seq AND error = '{LeaseRanOut}')
            FROM {Contents}
            """)).ToDictionary(row => Guid.Parse((string)row[0]!));
        var requests = rig.Ollama.Requests.All.CountBy(request =>
            JsonDocument.Parse(request.Body).RootElement.GetProperty("prompt").GetString()!).ToDictionary();
        var hits = 0L;
        foreach (var (id, row) in prompts)
        {
            var (prompt, attempts, recorded, good, killed) = ((string)row[1]!, (long)row[5]!, (long)row[6]!, (long)row[7]!, (long)row[8]!);
            var hit = recorded - good - killed;
            Assert.Equal((id, prompt, "completed", Simulation.AnswerTo(prompt)), (id, prompt, row[2], row[3]));
            Assert.Equal((id, attempts, 1L), (id, recorded, good));
            Assert.InRange(killed, 0, Kills);
            Assert.InRange(attempts, requests[prompt], 1 + Kills + hit);
            hits += hit;
        }
        Assert.InRange(hits, 0, faults);
        // A client that repeats itself, and a crash, make one prompt and not two.
        Assert.Equal(prompts.Count, prompts.Values.Select(row => row[1]).Distinct().Count());

        foreach (var client in clients)
        {
            Assert.All(client.Acknowledged, acknowledged => Assert.Equal(acknowledged.Value, prompts[acknowledged.Key][1]));
            Assert.All(client.Ends, end =>
                Assert.Equal(DateTimeOffset.Parse(end.Value, CultureInfo.InvariantCulture),
                DateTimeOffset.Parse((string)prompts[end.Key][4]!, CultureInfo.InvariantCulture)));
        }
        var acknowledged = clients.Sum(client => client.Acknowledged.Count);
        var broken = clients.Sum(client => client.Broken);
        output.WriteLine(
            $"{prompts.Count} prompts, {acknowledged} acknowledged, {broken} connections broken, "
            + $"{prompts.Values.Sum(row => (long)row[8]!)} attempts killed, {hits} of {faults} faults seen.");
        Assert.True(acknowledged > 4 * Kills, "Hardly anything was submitted.");
        Assert.Contains(prompts.Values, row => (long)row[8]! > 0);
        Assert.True(broken > 0);
    }

    private static async Task AssertBatchesAreWholeAsync(CrashRig rig, CrashClient[] clients)
    {
        var stored = (await rig.Home.QueryAsync($"SELECT prompt FROM {Contents}")).Select(row => (string)row[0]!).ToHashSet();
        Assert.All(clients.SelectMany(client => client.Batches), batch =>
            Assert.True(batch.Count(stored.Contains) is var count && (count == 0 || count == batch.Count), $"{count} of {batch.Count}"));
    }

    private static int Setting(string name, int otherwise) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;
}
