using System.Net;
using System.Net.Http.Json;
using OllamaProxy.Simulator;
using OllamaProxy.Simulator.Faults;
using OllamaProxy.Tests.Server;
using OllamaProxy.Tests.Storage;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Crash;

/// <summary>
/// One of two processes on one file is stopped (SIGSTOP, a debugger, a machine that is short of memory) for longer than a lease and goes
/// on: the other has taken its clients for gone, but they are there.
/// </summary>
public sealed class StoppedProcessTests
{
    private static readonly (string, string) Lease = ("OLLAMA_PROXY_LEASE_SECONDS", "3");

    [LinuxTheory]
    [InlineData("/api/generate", false)]
    [InlineData("/v1/chat/completions", false)]
    [InlineData("/api/generate", true)]
    [InlineData("/v1/messages", true)]
    public async Task A_client_whose_process_was_stopped_and_goes_on_gets_its_answer(string path, bool runs)
    {
        await using var ollama = await OllamaSimulator.StartAsync(new());
        await using var home = StoreHome.Chosen();
        using var stopped = await StartAsync(home, ollama);
        using var client = await stopped.ClientAsync();
        await using var other = await StartOtherAsync(home, ollama);
        ollama.Faults.Enqueue(Fault.Hang);
        var first = runs ? null : CallAsync(client, "/api/generate");
        if (first is not null)
            await ollama.Requests.WaitForAsync(1);
        var answer = CallAsync(client, path);
        await Eventually.NotNull(async () => await CountAsync(other, runs ? "processing" : "queued") == 1 ? "" : null);
        await ollama.Requests.WaitForAsync(1);

        await SuspendAsync(stopped, home);
        await Eventually.NotNull(async () => await CountAsync(other, "cancelled") == (runs ? 1 : 2) ? "" : null);
        await stopped.ResumeAsync();

        using var response = await answer;
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
        var status = await other.StatusAsync(response.Headers.GetValues("X-Prompt-Id").Single());
        Assert.Equal("completed", status.GetProperty("status").GetString());
        if (first is not null)
            (await first).Dispose();
    }

    [LinuxFact]
    public async Task A_client_of_a_process_that_only_serves_gets_its_answer_if_nobody_had_begun_it()
    {
        await using var ollama = await OllamaSimulator.StartAsync(new());
        await using var home = StoreHome.Chosen();
        using var stopped = await StartAsync(home, ollama, ("OLLAMA_PROXY_WORKER", "false"));
        using var client = await stopped.ClientAsync();
        await using var other = await StartOtherAsync(home, ollama);
        ollama.Faults.Enqueue(Fault.Hang);
        var blocking = await other.SubmitAsync(new { prompt = "takes all there is" });
        await ollama.Requests.WaitForAsync(1);
        var answer = CallAsync(client, "/api/generate");
        await Eventually.NotNull(async () => await CountAsync(other, "queued") == 1 ? "" : null);

        await SuspendAsync(stopped, home);
        await Eventually.NotNull(async () => await CountAsync(other, "cancelled") == 1 ? "" : null);
        await stopped.ResumeAsync();
        using var _ = await other.Client.PostAsync($"/api/v1/prompt/{blocking}/cancel", null);

        using var response = await answer;
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
    }

    [LinuxTheory]
    [InlineData("/api/generate")]
    [InlineData("/v1/chat/completions")]
    public async Task A_client_whose_prompt_another_process_had_begun_is_told_so_and_may_come_again(string path)
    {
        await using var ollama = await OllamaSimulator.StartAsync(new());
        await using var home = StoreHome.Chosen();
        using var stopped = await StartAsync(home, ollama, ("OLLAMA_PROXY_WORKER", "false"));
        using var client = await stopped.ClientAsync();
        await using var other = await StartOtherAsync(home, ollama);
        ollama.Faults.Enqueue(Fault.Hang);
        var answer = CallAsync(client, path);
        await ollama.Requests.WaitForAsync(1);

        await SuspendAsync(stopped, home);
        await Eventually.NotNull(async () => await CountAsync(other, "cancelled") == 1 ? "" : null);
        await stopped.ResumeAsync();

        using var response = await answer;
        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.NotNull(response.Headers.RetryAfter);
        Assert.False(response.Headers.Contains("x-should-retry"));
        Assert.Contains("another process had begun", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [LinuxFact]
    public async Task A_client_that_went_away_while_its_process_was_stopped_has_nothing_run()
    {
        await using var ollama = await OllamaSimulator.StartAsync(new());
        await using var home = StoreHome.Chosen();
        using var stopped = await StartAsync(home, ollama);
        using var client = await stopped.ClientAsync();
        await using var other = await StartOtherAsync(home, ollama);
        ollama.Faults.Enqueue(Fault.Hang);
        using var leave = new CancellationTokenSource();
        var answer = CallAsync(client, "/api/generate", leave.Token);
        await ollama.Requests.WaitForAsync(1);

        await SuspendAsync(stopped, home);
        await Eventually.NotNull(async () => await CountAsync(other, "cancelled") == 1 ? "" : null);
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => answer);
        await stopped.ResumeAsync();

        // What comes after it has its turn after it.
        using var next = await CallAsync(client, "/api/generate");
        Assert.True(next.IsSuccessStatusCode);
        Assert.Equal((1, 2), (await CountAsync(other, "cancelled"), ollama.Requests.Count));
    }

    /// <summary>Stops it, but not amid a write: what it holds then would stop all others as well.</summary>
    private static async Task SuspendAsync(ServerProcess process, StoreHome home)
    {
        while (true)
        {
            await process.SuspendAsync();
            if (!await home.IsWritingAsync())
                return;
            await process.ResumeAsync();
        }
    }

    private static Task<ServerProcess> StartAsync(StoreHome home, OllamaSimulator ollama, params (string, string)[] settings) =>
        ServerProcess.StartAsync(
            home, "--urls http://127.0.0.1:0", [("OLLAMA_URL", ollama.BaseAddress.ToString()), Lease, .. settings]);

    private static async Task<RunningProxy> StartOtherAsync(StoreHome home, OllamaSimulator ollama) => await RunningProxy.StartAsync(
        ProxyHosts.Server, null, [.. await home.SettingsAsync(), ("OLLAMA_URL", ollama.BaseAddress.ToString()), Lease]);

    private static Task<HttpResponseMessage> CallAsync(HttpClient client, string path, CancellationToken cancellationToken = default) =>
        client.PostAsJsonAsync(path, new
        {
            model = "llama3.2",
            prompt = "hi",
            messages = new[] { new { role = "user", content = "hi" } },
            max_tokens = 9,
            stream = false,
        }, cancellationToken);

    private static async Task<int> CountAsync(RunningProxy proxy, string status) =>
        (await proxy.GetAsync($"/api/v1/prompts?status={status}")).GetProperty("total").GetInt32();
}
