using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Crash;

/// <summary>Clients of Ollama's own API wait on open connections, which break when the program is killed.</summary>
public sealed class KilledCallTests
{
    private const int Slots = 4;

    /// <summary>No call is to be given up before the kill.</summary>
    private static readonly (string, string) Lease = ("OLLAMA_PROXY_LEASE_SECONDS", "3");

    [Fact]
    public async Task Nothing_is_run_for_clients_whose_connections_broke_when_the_program_was_killed()
    {
        await using var rig = await CrashRig.StartAsync();
        rig.Launch(Lease);
        await rig.OpenAsync();
        var client = await rig.ClientAsync();
        Task[] calls = [.. Enumerable.Range(1, Slots + 2).Select(number => CallAsync(client, $"call {number}"))];
        await Eventually.NotNull(async () => rig.Ollama.Requests.Running == Slots && await CountAsync(rig, "queued") == 2 ? "there" : null);

        rig.Kill();
        foreach (var call in calls)
        {
            var broken = await Record.ExceptionAsync(() => call);
            Assert.True(broken is HttpRequestException or IOException or SocketException, $"{broken}");
        }
        var before = rig.Ollama.Requests.Count;
        rig.Launch(Lease);
        await rig.OpenAsync();

        await Eventually.NotNull(async () => await CountAsync(rig, "cancelled") == Slots + 2 ? "cancelled" : null);
        Assert.All(await rig.Home.QueryAsync("SELECT error FROM prompts"), row =>
            Assert.Equal("The client that waited for it on an open connection is gone.", row[0]));
        using var next = await (await rig.ClientAsync())
            .PostAsJsonAsync("/api/generate", new { model = "llama3.2", prompt = "And the next?", stream = false });
        Assert.True(next.IsSuccessStatusCode, await next.Content.ReadAsStringAsync());
        Assert.All(rig.Ollama.Requests.All.Skip(before), request =>
            Assert.Contains("And the next?", Encoding.UTF8.GetString(request.Body.Span), StringComparison.Ordinal));
    }

    /// <summary>A call that would run for minutes.</summary>
    private static async Task CallAsync(HttpClient client, string prompt)
    {
        using var answer = await client.PostAsJsonAsync("/api/generate",
            new { model = "llama3.2", prompt, options = new { simulator_tokens = 100_000 } });
    }

    private static Task<long> CountAsync(CrashRig rig, string status) =>
        rig.Home.NumberAsync($"SELECT count(*) FROM prompts WHERE status = '{status}'");
}
