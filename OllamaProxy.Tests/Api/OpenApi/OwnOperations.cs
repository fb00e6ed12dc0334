using OllamaProxy.Simulator.Faults;
using OllamaProxy.Tests.Api.Batches;
using OllamaProxy.Tests.Api.Callers;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Api.OpenApi;

/// <summary>Calls the operations of the queue's own API, and of the server.</summary>
/// <param name="shared">A proxy that was just started.</param>
/// <param name="log">Keeps the answers.</param>
internal sealed class OwnOperations(SharedProxy shared, AnswerLog log)
{
    public async Task CallAsync()
    {
        await CallServerAsync();
        await CallPromptsAsync();
        await CallQueueAsync();
        await CallWaitingPromptsAsync();
    }

    private async Task CallServerAsync()
    {
        foreach (var page in new[] { "/", "/list", "/batches", "/dashboard", "/docs" })
            await log.AskAsync($"GET {page}", accept: "text/html");
        foreach (var path in new[] { "/", "/openapi.json", "/healthz", "/readyz", "/metrics", "/api/v1/session" })
            await log.AskAsync($"GET {path}");
        await log.CallAsync(shared.Anybody, "GET /api/v1/session");
        await log.CallAsync(shared.Anybody, "POST /api/v1/session", new { key = SharedProxy.AliceKey });
        await log.CallAsync(shared.Anybody, "POST /api/v1/session", new { key = "nobody's" });
        // Its client keeps the cookie until then.
        await log.CallAsync(shared.Anybody, "DELETE /api/v1/session");
    }

    private async Task CallPromptsAsync()
    {
        const string All = """{"prompt": "hi", "options": {"temperature": 0}, "images": ["aGk="], "metadata": {"a": 1}, "priority": 5, """
            + """ "timeout": 60, "expires_in": 600, "max_attempts": 2}""";
        var id = (await log.AskAsync("POST /api/v1/prompt", new StringContent(All))).Text("id");
        await shared.Admin.ResultAsync(id);
        foreach (var operation in new[] { "", "/status", "/result", "/stream" })
            await log.AskAsync($"GET /api/v1/prompt/{{id}}{operation}", id: id);
        await log.AskAsync("GET /prompts/{id}", id: id, accept: "text/html");
        await log.AskAsync("GET /api/v1/prompt/{id}/result", id: id, query: "?wait=x");
        await log.AskAsync("POST /api/v1/prompt/{id}/cancel", id: id);
        await log.AskAsync("POST /api/v1/prompt/{id}/retry", id: id);
        await log.AskAsync("PATCH /api/v1/prompt/{id}", new { priority = 1 }, id);
        await log.AskAsync("PATCH /api/v1/prompt/{id}", new { priority = 101 }, id);
        await log.AskAsync("POST /api/v1/prompt/{id}/repeat", new { prompt = "again" }, id, prefer: "wait=60");
        await log.AskAsync("POST /api/v1/prompt", new { prompt = "hi", think = true }, prefer: "wait=60");
        await log.AskAsync("POST /api/v1/prompt", new { prompt = "hi" }, accept: "text/event-stream");
        await log.AskAsync("POST /api/v1/prompt", new { prompt = 1 });

        var failed = (await log.AskAsync("POST /api/v1/prompt", new { prompt = "hi", model = "nosuch" }, prefer: "wait=60")).Text("id");
        await log.AskAsync("GET /api/v1/prompt/{id}", id: failed);
        shared.Proxy.Ollama.Faults.Enqueue(Fault.ErrorLine(2, "an unknown error was met"));
        await log.AskAsync("POST /api/v1/prompt", new { prompt = "hi", max_attempts = 1 }, prefer: "wait=60");

        var call = new { model = "tiny", prompt = "hi", stream = false };
        var kept = (await log.AskAsync("POST /api/generate", call, prefer: "respond-async")).Text("id");
        await shared.Admin.ResultAsync(kept);
        await log.AskAsync("GET /api/v1/prompt/{id}", id: kept);
        await log.AskAsync("GET /api/v1/prompt/{id}/response", id: kept);
        await log.AskAsync("GET /api/v1/prompt/{id}/response", id: id);
        var missing = new { model = "nosuch", prompt = "hi", stream = false };
        var refused = (await log.AskAsync("POST /api/generate", missing, prefer: "respond-async")).Text("id");
        await log.AskAsync("GET /api/v1/prompt/{id}/response", id: refused, query: "?wait=60");
        await log.AskAsync("GET /api/v1/prompts", query: "?page_size=100");
        await log.AskAsync("GET /api/v1/prompts", query: "?page_size=101");
        await log.CallAsync(shared.Alice, "GET /api/v1/prompts", query: "?owner=bob");
    }

    private async Task CallQueueAsync()
    {
        foreach (var path in new[] { "events", "stats", "stats/trends", "usage", "queue", "models" })
            await log.AskAsync($"GET /api/v1/{path}");
        foreach (var by in new[] { "owner", "model", "week" })
            await log.AskAsync("GET /api/v1/usage", query: $"?by={by}");
        await log.CallAsync(shared.Alice, "GET /api/v1/stats");
        await log.CallAsync(shared.Alice, "POST /api/v1/queue/pause");
        await log.AskAsync("POST /api/v1/queue/pause", new { model = "tiny" });
        await log.AskAsync("POST /api/v1/queue/pause", new { backend = "nosuch" });
        await log.AskAsync("POST /api/v1/queue/drain");
        await log.AskAsync("POST /api/v1/prompt", new { prompt = "hi" });
        await log.AskAsync("POST /v1/chat/completions", new { model = "tiny", messages = CompatibleOperations.Said });
        await log.AskAsync("POST /api/v1/queue/resume");
    }

    private async Task CallWaitingPromptsAsync()
    {
        await log.AskAsync("POST /api/v1/queue/pause");
        var id = Guid.NewGuid().ToString();
        foreach (var prompt in new[] { "put", "put", "another" })
            await log.AskAsync("PUT /api/v1/prompt/{id}", new { prompt, expires_in = 600 }, id);
        await log.AskAsync("GET /api/v1/prompt/{id}/status", id: id);
        await log.AskAsync("GET /api/v1/prompt/{id}/result", id: id);
        await log.AskAsync("PATCH /api/v1/prompt/{id}", new { priority = 1 }, id);
        await log.AskAsync("POST /api/v1/prompt/{id}/repeat", id: id);
        await log.AskAsync("POST /api/v1/prompt/{id}/cancel", id: id);
        await log.AskAsync("GET /api/v1/prompt/{id}/result", id: id);
        await log.AskAsync("POST /api/v1/prompt/{id}/retry", id: id);
        await log.AskAsync("DELETE /api/v1/prompt/{id}", id: id);
        var call = new { model = "tiny", prompt = "hi" };
        var kept = (await log.AskAsync("POST /api/generate", call, prefer: "respond-async")).Text("id");
        await log.AskAsync("GET /api/v1/prompt/{id}/response", id: kept);
        var submitted = await log.AskAsync("POST /api/v1/prompts", new[] { new { prompt = "one" }, new { prompt = "two" } });
        var batch = submitted.Text("batch");
        await log.AskAsync("GET /api/v1/prompt/{id}/status", id: submitted.GetProperty("ids")[0].GetString()!);
        await log.AskAsync("POST /api/v1/prompts", new StringContent("{\"prompt\": \"one\"}\n{\"prompt\": 2}"));
        await log.AskAsync("GET /api/v1/batch/{id}", id: batch);
        await log.AskAsync("GET /api/v1/prompts", query: $"?batch={batch}");
        await log.AskAsync("GET /api/v1/stats");
        await log.AskAsync("POST /api/v1/queue/resume");
    }
}
