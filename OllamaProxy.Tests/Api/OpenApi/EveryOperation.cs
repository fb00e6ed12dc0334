using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using OllamaProxy.Simulator.Faults;
using OllamaProxy.Tests.Api.Batches;
using OllamaProxy.Tests.Api.Callers;
using OllamaProxy.Tests.Api.Files;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Api.OpenApi;

/// <summary>Calls every operation, with what it needs, so that it succeeds, and most of them so that they fail, too.</summary>
/// <param name="shared">A proxy that was just started, and allows the management of models.</param>
internal sealed class EveryOperation(SharedProxy shared)
{
    private static readonly object[] Said = [new { role = "user", content = "hi" }];

    private static readonly object Messages =
        new { requests = new[] { new { custom_id = "a", @params = new { model = "tiny", max_tokens = 5, messages = Said } } } };

    private static readonly string OneGoodLine = BatchRig.Line("a", "hi") + "\n";

    private static readonly string OneBadLine = BatchRig.Line("b", "hi").Replace("tiny", "nosuch", StringComparison.Ordinal);

    private readonly AnswerLog _log = new();

    /// <summary>What they answered.</summary>
    public IReadOnlyList<OpenApiDocument.Answer> Answers => _log.Answers;

    public async Task CallAsync()
    {
        await CallServerAsync();
        await CallPromptsAsync();
        await CallQueueAsync();
        await CallWaitingPromptsAsync();
        await CallApisAsync();
        await CallResponsesAsync();
        await CallBatchesAsync();
        await CallMessageBatchesAsync();
        await CallModelManagementAsync();
        await FailAsync();
    }

    private async Task<JsonElement> AskAsync(string operation, object? body = null, string id = "", string query = "",
        string? prefer = null, string? accept = null) =>
        (await _log.CallAsync(shared.Admin, operation, body, id, query, prefer, accept)).Body;

    private async Task CallServerAsync()
    {
        foreach (var page in new[] { "/", "/list", "/batches", "/dashboard", "/docs" })
            await AskAsync($"GET {page}", accept: "text/html");
        foreach (var path in new[] { "/", "/openapi.json", "/healthz", "/readyz", "/metrics", "/api/v1/session" })
            await AskAsync($"GET {path}");
        await _log.CallAsync(shared.Anybody, "GET /api/v1/session");
        await _log.CallAsync(shared.Anybody, "POST /api/v1/session", new { key = SharedProxy.AliceKey });
        await _log.CallAsync(shared.Anybody, "POST /api/v1/session", new { key = "nobody's" });
        // Its client keeps the cookie until then.
        await _log.CallAsync(shared.Anybody, "DELETE /api/v1/session");
    }

    private async Task CallPromptsAsync()
    {
        const string All = """{"prompt": "hi", "options": {"temperature": 0}, "images": ["aGk="], "metadata": {"a": 1}, "priority": 5, """
            + """ "timeout": 60, "expires_in": 600, "max_attempts": 2}""";
        var id = (await AskAsync("POST /api/v1/prompt", new StringContent(All))).Text("id");
        await shared.Admin.ResultAsync(id);
        foreach (var operation in new[] { "", "/status", "/result", "/stream" })
            await AskAsync($"GET /api/v1/prompt/{{id}}{operation}", id: id);
        await AskAsync("GET /prompts/{id}", id: id, accept: "text/html");
        await AskAsync("GET /api/v1/prompt/{id}/result", id: id, query: "?wait=x");
        await AskAsync("POST /api/v1/prompt/{id}/cancel", id: id);
        await AskAsync("POST /api/v1/prompt/{id}/retry", id: id);
        await AskAsync("PATCH /api/v1/prompt/{id}", new { priority = 1 }, id);
        await AskAsync("PATCH /api/v1/prompt/{id}", new { priority = 101 }, id);
        await AskAsync("POST /api/v1/prompt/{id}/repeat", new { prompt = "again" }, id, prefer: "wait=60");
        await AskAsync("POST /api/v1/prompt", new { prompt = "hi", think = true }, prefer: "wait=60");
        await AskAsync("POST /api/v1/prompt", new { prompt = "hi" }, accept: "text/event-stream");
        await AskAsync("POST /api/v1/prompt", new { prompt = 1 });

        var failed = (await AskAsync("POST /api/v1/prompt", new { prompt = "hi", model = "nosuch" }, prefer: "wait=60")).Text("id");
        await AskAsync("GET /api/v1/prompt/{id}", id: failed);
        shared.Proxy.Ollama.Faults.Enqueue(Fault.ErrorLine(2, "an unknown error was met"));
        await AskAsync("POST /api/v1/prompt", new { prompt = "hi", max_attempts = 1 }, prefer: "wait=60");

        var call = new { model = "tiny", prompt = "hi", stream = false };
        var kept = (await AskAsync("POST /api/generate", call, prefer: "respond-async")).Text("id");
        await shared.Admin.ResultAsync(kept);
        await AskAsync("GET /api/v1/prompt/{id}", id: kept);
        await AskAsync("GET /api/v1/prompt/{id}/response", id: kept);
        await AskAsync("GET /api/v1/prompt/{id}/response", id: id);
        var missing = new { model = "nosuch", prompt = "hi", stream = false };
        var refused = (await AskAsync("POST /api/generate", missing, prefer: "respond-async")).Text("id");
        await AskAsync("GET /api/v1/prompt/{id}/response", id: refused, query: "?wait=60");
        await AskAsync("GET /api/v1/prompts", query: "?page_size=100");
        await AskAsync("GET /api/v1/prompts", query: "?page_size=101");
        await _log.CallAsync(shared.Alice, "GET /api/v1/prompts", query: "?owner=bob");
    }

    private async Task CallQueueAsync()
    {
        foreach (var path in new[] { "events", "stats", "stats/trends", "usage", "queue", "models" })
            await AskAsync($"GET /api/v1/{path}");
        foreach (var by in new[] { "owner", "model", "week" })
            await AskAsync("GET /api/v1/usage", query: $"?by={by}");
        await _log.CallAsync(shared.Alice, "GET /api/v1/stats");
        await _log.CallAsync(shared.Alice, "POST /api/v1/queue/pause");
        await AskAsync("POST /api/v1/queue/pause", new { model = "tiny" });
        await AskAsync("POST /api/v1/queue/pause", new { backend = "nosuch" });
        await AskAsync("POST /api/v1/queue/drain");
        await AskAsync("POST /api/v1/prompt", new { prompt = "hi" });
        await AskAsync("POST /v1/chat/completions", new { model = "tiny", messages = Said });
        await AskAsync("POST /api/v1/queue/resume");
    }

    private async Task CallWaitingPromptsAsync()
    {
        await AskAsync("POST /api/v1/queue/pause");
        var id = Guid.NewGuid().ToString();
        foreach (var prompt in new[] { "put", "put", "another" })
            await AskAsync("PUT /api/v1/prompt/{id}", new { prompt, expires_in = 600 }, id);
        await AskAsync("GET /api/v1/prompt/{id}/status", id: id);
        await AskAsync("GET /api/v1/prompt/{id}/result", id: id);
        await AskAsync("PATCH /api/v1/prompt/{id}", new { priority = 1 }, id);
        await AskAsync("POST /api/v1/prompt/{id}/repeat", id: id);
        await AskAsync("POST /api/v1/prompt/{id}/cancel", id: id);
        await AskAsync("GET /api/v1/prompt/{id}/result", id: id);
        await AskAsync("POST /api/v1/prompt/{id}/retry", id: id);
        await AskAsync("DELETE /api/v1/prompt/{id}", id: id);
        var call = new { model = "tiny", prompt = "hi" };
        var kept = (await AskAsync("POST /api/generate", call, prefer: "respond-async")).Text("id");
        await AskAsync("GET /api/v1/prompt/{id}/response", id: kept);
        var submitted = await AskAsync("POST /api/v1/prompts", new[] { new { prompt = "one" }, new { prompt = "two" } });
        var batch = submitted.Text("batch");
        await AskAsync("GET /api/v1/prompt/{id}/status", id: submitted.GetProperty("ids")[0].GetString()!);
        await AskAsync("POST /api/v1/prompts", new StringContent("{\"prompt\": \"one\"}\n{\"prompt\": 2}"));
        await AskAsync("GET /api/v1/batch/{id}", id: batch);
        await AskAsync("GET /api/v1/prompts", query: $"?batch={batch}");
        await AskAsync("GET /api/v1/stats");
        await AskAsync("POST /api/v1/queue/resume");
    }

    private async Task CallApisAsync()
    {
        foreach (var (stream, prefer) in new (bool, string?)[] { (false, null), (true, null), (false, "respond-async") })
        {
            var call = new { model = "tiny", prompt = "hi", input = "hi", messages = Said, max_tokens = 5, stream };
            foreach (var path in new[] { "/api/generate", "/api/chat", "/api/embed", "/api/embeddings", "/v1/chat/completions",
                "/v1/completions", "/v1/embeddings", "/v1/responses", "/v1/messages", "/v1/messages/count_tokens" })
                await AskAsync($"POST {path}", call, prefer: prefer);
        }
        var missing = new { model = "nosuch", prompt = "hi", input = "hi", messages = Said, max_tokens = 5 };
        foreach (var path in new[] { "/api/chat", "/v1/chat/completions", "/v1/responses", "/v1/messages" })
            await AskAsync($"POST {path}", missing);
        foreach (var path in new[] { "/api/tags", "/api/ps", "/api/version", "/api/status", "/api/experimental/model-recommendations",
            "/v1/models" })
            await AskAsync($"GET {path}");
        await AskAsync("POST /api/show", new { model = "tiny" });
        foreach (var model in new[] { "tiny", "nosuch" })
            await AskAsync("GET /v1/models/{model}", id: model);
    }

    private async Task CallResponsesAsync()
    {
        var id = (await AskAsync("POST /v1/responses", new { model = "tiny", input = "hi", background = true })).Text("id");
        await AskAsync("GET /v1/responses/{id}", id: id);
        await AskAsync("GET /v1/responses/{id}", id: id, query: "?stream=true");
        await AskAsync("GET /v1/responses/{id}/input_items", id: id);
        await AskAsync("POST /v1/responses/{id}/cancel", id: id);
        await AskAsync("DELETE /v1/responses/{id}", id: id);
    }

    private async Task CallBatchesAsync()
    {
        var id = (await AskAsync("POST /v1/files", FormOf(OneGoodLine + OneBadLine))).Text("id");
        await AskAsync("GET /v1/files/{id}", id: id);
        await AskAsync("GET /v1/files/{id}/content", id: id);
        var wrong = (await AskAsync("POST /v1/files", FormOf("not JSON"))).Text("id");
        foreach (var file in new[] { id, wrong })
        {
            var metadata = new { a = "b" };
            var body = new { input_file_id = file, endpoint = "/v1/chat/completions", completion_window = "24h", metadata };
            var batch = (await AskAsync("POST /v1/batches", body)).Text("id");
            await shared.Admin.EndAsync(batch);
            await AskAsync("GET /v1/batches/{id}", id: batch);
            await AskAsync("POST /v1/batches/{id}/cancel", id: batch);
        }
        // Neither ends before it is cancelled.
        await AskAsync("POST /api/v1/queue/pause");
        await AskAsync("POST /v1/batches/{id}/cancel", id: (await shared.Admin.CreateAsync(id)).Text("id"));
        await AskAsync("POST /v1/messages/batches/{id}/cancel", id: (await AskAsync("POST /v1/messages/batches", Messages)).Text("id"));
        await AskAsync("POST /api/v1/queue/resume");
        await AskAsync("GET /v1/batches");
        await AskAsync("GET /v1/files");
        await AskAsync("DELETE /v1/files/{id}", id: wrong);
        await AskAsync("POST /v1/files", new { });
        await AskAsync("POST /v1/batches", new { });
    }

    private async Task CallMessageBatchesAsync()
    {
        const string Prefix = "/v1/messages/batches";
        var id = (await AskAsync($"POST {Prefix}", Messages)).Text("id");
        await AskAsync($"GET {Prefix}/{{id}}", id: id);
        await Eventually.NotNull<object>(async () =>
            (await shared.Admin.JsonAsync($"{Prefix}/{id}")).Text("processing_status") == "ended" ? "ended" : null, $"{id} to end");
        await AskAsync($"GET {Prefix}/{{id}}", id: id);
        await AskAsync($"GET {Prefix}/{{id}}/results", id: id);
        await AskAsync($"GET {Prefix}");
        await AskAsync($"DELETE {Prefix}/{{id}}", id: id);
        await AskAsync($"GET {Prefix}");
        await AskAsync($"POST {Prefix}", new { });
    }

    private async Task CallModelManagementAsync()
    {
        foreach (var stream in new[] { false, true })
        {
            await AskAsync("POST /api/pull", new { model = "new", stream });
            await AskAsync("POST /api/push", new { model = "tiny", stream });
            await AskAsync("POST /api/create", new { model = "made", from = "tiny", stream });
        }
        await AskAsync("POST /api/copy", new { source = "tiny", destination = "copied" });
        await AskAsync("DELETE /api/delete", new { model = "tiny" });
        await AskAsync("DELETE /api/delete", new { model = "nosuch" });
        var content = "GGUF"u8.ToArray();
        var digest = $"sha256:{Convert.ToHexStringLower(SHA256.HashData(content))}";
        foreach (var operation in new[] { "POST /api/blobs/{digest}", "HEAD /api/blobs/{digest}" })
            await AskAsync(operation, operation[0] == 'P' ? new ByteArrayContent(content) : null, digest);
        await AskAsync("HEAD /api/blobs/{digest}", id: "sha256:1");
    }

    /// <summary>Without a key, without the right one, and of what is not there.</summary>
    private async Task FailAsync()
    {
        foreach (var operation in OpenApiDocument.Operations)
        {
            var name = $"{operation.Method} {operation.Path}";
            if (!operation.IsOpen)
                Assert.Equal((name, 401), (name, (await _log.CallAsync(shared.Anybody, name, id: "nosuch")).Status));
            if (operation.IsForAdmins)
                Assert.Equal((name, 403), (name, (await _log.CallAsync(shared.Alice, name, id: "nosuch")).Status));
            if (operation.Path.Contains("{id}", StringComparison.Ordinal))
                await AskAsync(name, operation.Method == "PATCH" ? new { priority = 1 } : null, "nosuch");
        }
    }

    private static MultipartFormDataContent FormOf(string text) =>
        FileTests.FormOf(Encoding.UTF8.GetBytes(text), "requests.jsonl", ("purpose", "batch"));
}
