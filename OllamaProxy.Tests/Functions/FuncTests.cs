using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using OllamaProxy.Prompts;
using OllamaProxy.Simulator;
using OllamaProxy.Simulator.Faults;
using OllamaProxy.Simulator.Generation;
using OllamaProxy.Storage.Sqlite;
using OllamaProxy.Tests.Api;
using OllamaProxy.Tests.Api.Batches;
using OllamaProxy.Tests.Api.Callers;
using OllamaProxy.Tests.Api.Calls;
using OllamaProxy.Tests.Clients;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Functions;

/// <summary>The app under the real Functions host, from end to end: one start for all of it, because a start is slow.</summary>
public sealed class FuncTests
{
    [FuncFact]
    public async Task Under_the_real_host_prompts_are_run_wrong_requests_are_refused_and_a_shutdown_hands_back()
    {
        using var folder = new TempFolder();
        await using var ollama = await OllamaSimulator.StartAsync();
        using var func = new FuncProcess(("OLLAMA_URL", ollama.BaseAddress.ToString()), ("OLLAMA_PROXY_DB", folder.File("queue.db")));
        await func.StartedAsync();

        var id = await SubmitAsync(func.Client, "What is the capital of France?");
        var result = await Eventually.NotNull(async () => await func.Client.GetStringAsync($"/api/v1/prompt/{id}/result") is var body
            && body.Contains("completed", StringComparison.Ordinal) ? body : null);
        Assert.Equal(Simulation.AnswerTo("What is the capital of France?"),
            JsonDocument.Parse(result).RootElement.GetProperty("result").GetString());

        Assert.Equal("Ollama is running", await func.Client.GetStringAsync("/"));
        Assert.Contains("<table", await func.Client.GetStringAsync("/list?page=2"), StringComparison.Ordinal);
        Assert.Contains("\"total\"", await func.Client.GetStringAsync("/api/v1//prompts"), StringComparison.Ordinal);
        await IsRefusedAsync(func.Client, "Host", "rebound.example", 421);
        await IsRefusedAsync(func.Client, "Origin", "https://evil.example", 403);
        await IsProblemAsync(func.Client, HttpMethod.Get, "/nothing", 404);
        await IsProblemAsync(func.Client, HttpMethod.Get, "/api/v1/prompt/nope/status", 404);
        await IsProblemAsync(func.Client, HttpMethod.Delete, "/api/v1/prompts", 405);
        using var head = await func.Client.SendAsync(new(HttpMethod.Head, "/api/v1/prompts"));
        Assert.Equal(HttpStatusCode.OK, head.StatusCode);
        using var preflight = await func.Client.SendAsync(new(HttpMethod.Options, "/api/v1/prompt")
        {
            Headers = { { "Origin", "http://localhost:3000" }, { "Access-Control-Request-Method", "POST" },
                { "Access-Control-Request-Headers", "x-mine" } },
        });
        Assert.Equal((HttpStatusCode.NoContent, "x-mine"),
            (preflight.StatusCode, preflight.Headers.GetValues("Access-Control-Allow-Headers").Single()));

        using var large = await PostAsync(func.Client, 40_000_000);
        Assert.Equal(HttpStatusCode.Accepted, large.StatusCode);
        using var tooLarge = await PostAsync(func.Client, 70_000_000);
        await Problem.OfAsync(tooLarge, 413);

        await Eventually.True(() => ollama.Requests.Running == 0 && ollama.Requests.Count == 2);
        ollama.Faults.Enqueue(Fault.Stall(2));
        var running = await SubmitAsync(func.Client, "interrupted");
        await ollama.Requests.WaitForAsync(3);
        await func.TerminateAsync();
        await using var store = SqlitePromptStore.Open(folder.File("queue.db"), "llama3.2", TimeProvider.System);
        Assert.Equal((PromptStatus.Queued, 0), await store.FindAsync(running, default) is { } prompt
            ? (prompt.Status, prompt.Attempts) : default);
    }

    [FuncFact]
    public async Task Under_the_real_host_clients_see_no_difference_and_one_that_goes_away_stops_Ollama()
    {
        using var folder = new TempFolder();
        await using var ollama = await OllamaSimulator.StartAsync();
        using var func = new FuncProcess(("OLLAMA_URL", ollama.BaseAddress.ToString()), ("OLLAMA_PROXY_DB", folder.File("queue.db")));
        await func.StartedAsync();

        var (direct, through) = (ollama.BaseAddress, func.Client.BaseAddress!);
        (await CurlClient.RecordAsync(direct, ollama)).AssertSame(await CurlClient.RecordAsync(through, ollama));
        (await OllamaSharpClient.RecordAsync(direct, ollama)).AssertSame(await OllamaSharpClient.RecordAsync(through, ollama));
        foreach (var client in NodeClient.Installed)
            (await NodeClient.RecordAsync(client, direct)).AssertSame(await NodeClient.RecordAsync(client, through));

        await Eventually.True(() => ollama.Requests.Running == 0);
        ollama.Faults.Enqueue(Fault.Stall(2));
        using (var call = await func.Client.SendAsync(CallTests.Post("/api/generate", """{"model":"tiny","prompt":"gone"}"""),
            HttpCompletionOption.ResponseHeadersRead))
            Assert.Equal(1, ollama.Requests.Running);
        await Eventually.True(() => ollama.Requests.Running == 0);
        await Eventually.NotNull(async () =>
            (await func.Client.GetStringAsync("/api/v1/prompts?page_size=1")).Contains("cancelled", StringComparison.Ordinal) ? "" : null);
    }

    [FuncFact]
    public async Task Under_the_real_host_the_log_tells_of_prompts_and_a_stop_ends_streams_and_waits_at_once()
    {
        using var folder = new TempFolder();
        await using var ollama = await OllamaSimulator.StartAsync();
        using var func = new FuncProcess(("OLLAMA_URL", ollama.BaseAddress.ToString()), ("OLLAMA_PROXY_DB", folder.File("queue.db")));
        await func.StartedAsync();
        await Eventually.True(() => func.Output.Contains($"answers at {func.Client.BaseAddress}", StringComparison.Ordinal));
        for (var round = 0; round < 5; round++)
        {
            var id = await SubmitAsync(func.Client, "logged");
            await Eventually.True(() => func.Output.Contains($"{id}: attempt 1 starts", StringComparison.Ordinal)
                && func.Output.Contains($"{id}: completed", StringComparison.Ordinal));
        }
        var before = func.Output.Split('\n').Length;
        for (var round = 0; round < 20; round++)
            await func.Client.GetStringAsync("/api/v1/stats");
        Assert.InRange(func.Output.Split('\n').Length, before, before + 3);

        ollama.Faults.Enqueue(Fault.Stall(2));
        var running = await SubmitAsync(func.Client, "interrupted");
        await ollama.Requests.WaitForAsync(6);
        using var events = await func.Client.GetAsync("/api/v1/events", HttpCompletionOption.ResponseHeadersRead);
        var (reading, waiting) = (events.Content.ReadAsStringAsync(), func.Client.GetAsync($"/api/v1/prompt/{running}/result?wait=200"));
        var stopping = func.TerminateAsync();
        await reading;
        using var response = await waiting;
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        await stopping;
        await using var store = SqlitePromptStore.Open(folder.File("queue.db"), "llama3.2", TimeProvider.System);
        Assert.Equal((PromptStatus.Queued, 0), await store.FindAsync(running, default) is { } prompt
            ? (prompt.Status, prompt.Attempts) : default);
    }

    [FuncFact]
    public async Task A_worker_whose_real_host_is_killed_hands_its_prompt_back_and_ends()
    {
        using var folder = new TempFolder();
        await using var ollama = await OllamaSimulator.StartAsync();
        using var func = new FuncProcess(("OLLAMA_URL", ollama.BaseAddress.ToString()), ("OLLAMA_PROXY_DB", folder.File("queue.db")));
        await func.StartedAsync();
        ollama.Faults.Enqueue(Fault.Stall(2));
        var running = await SubmitAsync(func.Client, "interrupted");
        await ollama.Requests.WaitForAsync(1);
        var workers = func.Workers();
        Assert.NotEmpty(workers);

        func.Kill();

        await Eventually.True(() => workers.All(worker => worker.HasExited));
        await using var store = SqlitePromptStore.Open(folder.File("queue.db"), "llama3.2", TimeProvider.System);
        Assert.Equal((PromptStatus.Queued, 0), await store.FindAsync(running, default) is { } prompt
            ? (prompt.Status, prompt.Attempts) : default);
    }

    [FuncFact]
    public async Task Under_the_real_host_files_become_batches_and_responses_run_in_the_background()
    {
        using var folder = new TempFolder();
        await using var ollama = await OllamaSimulator.StartAsync();
        using var func = new FuncProcess(("OLLAMA_URL", ollama.BaseAddress.ToString()), ("OLLAMA_PROXY_DB", folder.File("queue.db")));
        await func.StartedAsync();

        var file = await func.Client.UploadAsync(
            Enumerable.Range(0, 100).Select(number => BatchRig.Line($"{number}", $"question {number}")));
        var batch = await func.Client.EndAsync((await func.Client.CreateAsync(file)).Text("id"));
        Assert.Equal((100, 100, 0), batch.Counts());
        Assert.Equal(100, (await func.Client.LinesAsync(batch, "output_file_id")).Count);

        using var created = await func.Client.PostAsJsonAsync("/v1/responses", new { model = "tiny", input = "hi", background = true });
        var response = await func.Client.AnswerAsync(created);
        Assert.Equal("queued", response.Text("status"));
        await Eventually.NotNull(async () => await func.Client.GetStringAsync($"/v1/responses/{response.Text("id")}") is var now
            && now.Contains("\"status\":\"completed\"", StringComparison.Ordinal) ? now : null);
    }

    [FuncFact]
    public async Task Under_the_real_host_keys_are_asked_for_and_owners_see_only_what_is_theirs()
    {
        using var folder = new TempFolder();
        await using var ollama = await OllamaSimulator.StartAsync();
        using var func = new FuncProcess(("OLLAMA_URL", ollama.BaseAddress.ToString()), ("OLLAMA_PROXY_DB", folder.File("queue.db")),
            ("OLLAMA_PROXY_API_KEYS", "alice:key-of-alice,bob:key-of-bob,root:key-of-root:admin"));
        await func.StartedAsync();
        using HttpClient alice = ClientOf(func, "key-of-alice"), bob = ClientOf(func, "key-of-bob");
        using var browser = new HttpClient { BaseAddress = func.Client.BaseAddress };

        await IsProblemAsync(func.Client, HttpMethod.Get, "/api/v1/prompts", 401);
        Assert.Equal(401, await func.Client.StatusOfAsync(HttpMethod.Post, "/api/chat", new { model = "llama3.2" }));
        var id = await alice.SubmitAsync(new { prompt = "of alice" });
        Assert.Equal(Simulation.AnswerTo("of alice"), (await alice.ResultAsync(id)).GetProperty("result").GetString());
        await IsProblemAsync(bob, HttpMethod.Get, $"/api/v1/prompt/{id}/result", 404);
        await IsProblemAsync(bob, HttpMethod.Delete, $"/api/v1/prompt/{id}", 404);
        await IsProblemAsync(bob, HttpMethod.Post, "/api/v1/queue/pause", 403);
        Assert.Equal((1, 0), (await TotalAsync(alice), await TotalAsync(bob)));
        var usage = (await alice.JsonAsync("/api/v1/usage?by=owner")).GetProperty("usage").EnumerateArray().Single();
        Assert.Equal(("alice", 1), (usage.GetProperty("owner").GetString(), usage.GetProperty("prompts").GetInt32()));

        Assert.Equal(200, await browser.StatusOfAsync(HttpMethod.Get, "/list"));
        Assert.Equal(401, await browser.StatusOfAsync(HttpMethod.Post, "/api/v1/session", new { key = "key-of-nobody" }));
        Assert.Equal(401, await browser.StatusOfAsync(HttpMethod.Get, "/api/v1/prompts"));
        using var signedIn = await browser.PostAsJsonAsync("/api/v1/session", new { key = "key-of-root" });
        Assert.Contains("; httponly", signedIn.Headers.GetValues("Set-Cookie").Single(), StringComparison.OrdinalIgnoreCase);
        Assert.Equal(1, await TotalAsync(browser));
        Assert.Equal(403, await browser.StatusOfAsync(HttpMethod.Post, "/api/v1/queue/pause"));
        Assert.DoesNotContain("key-of-", func.Output, StringComparison.Ordinal);
    }

    private static async Task<int> TotalAsync(HttpClient client) =>
        (await client.JsonAsync("/api/v1/prompts")).GetProperty("total").GetInt32();

    private static HttpClient ClientOf(FuncProcess func, string key) => new()
    {
        BaseAddress = func.Client.BaseAddress,
        DefaultRequestHeaders = { Authorization = new("Bearer", key) },
    };

    private static async Task<Guid> SubmitAsync(HttpClient client, string prompt)
    {
        using var response = await client.PostAsJsonAsync("/api/v1/prompt", new { prompt });
        return (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetGuid();
    }

    private static Task<HttpResponseMessage> PostAsync(HttpClient client, int length) =>
        client.PostAsync("/api/v1/prompt",
            new StringContent($$"""{"prompt":"{{new string('x', length)}}"}""", Encoding.UTF8, "application/json"));

    private static async Task IsRefusedAsync(HttpClient client, string header, string value, int status)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/prompts") { Headers = { { header, value } } };
        using var response = await client.SendAsync(request);
        await Problem.OfAsync(response, status);
    }

    private static async Task IsProblemAsync(HttpClient client, HttpMethod method, string path, int status)
    {
        using var response = await client.SendAsync(new(method, path));
        await Problem.OfAsync(response, status);
    }
}
