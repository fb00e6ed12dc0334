using System.Security.Cryptography;
using System.Text;
using OllamaProxy.Tests.Api.Batches;
using OllamaProxy.Tests.Api.Callers;
using OllamaProxy.Tests.Api.Files;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Api.OpenApi;

/// <summary>Calls the operations of Ollama's, OpenAI's and Anthropic's APIs.</summary>
/// <param name="shared">A proxy that allows the management of models. Its models are not there any more afterwards.</param>
/// <param name="log">Keeps the answers.</param>
internal sealed class CompatibleOperations(SharedProxy shared, AnswerLog log)
{
    /// <summary>The messages of a chat.</summary>
    public static readonly object[] Said = [new { role = "user", content = "hi" }];

    private static readonly object Messages =
        new { requests = new[] { new { custom_id = "a", @params = new { model = "tiny", max_tokens = 5, messages = Said } } } };

    private static readonly string OneGoodLine = BatchRig.Line("a", "hi") + "\n";

    private static readonly string OneBadLine = BatchRig.Line("b", "hi").Replace("tiny", "nosuch", StringComparison.Ordinal);

    public async Task CallAsync()
    {
        await CallApisAsync();
        await CallResponsesAsync();
        await CallBatchesAsync();
        await CallMessageBatchesAsync();
        await CallModelManagementAsync();
    }

    /// <summary>The input of a batch, as it is uploaded.</summary>
    public static MultipartFormDataContent FormOf(string text) =>
        FileTests.FormOf(Encoding.UTF8.GetBytes(text), "requests.jsonl", ("purpose", "batch"));

    private async Task CallApisAsync()
    {
        foreach (var (stream, prefer) in new (bool, string?)[] { (false, null), (true, null), (false, "respond-async") })
        {
            var call = new { model = "tiny", prompt = "hi", input = "hi", messages = Said, max_tokens = 5, stream };
            foreach (var path in new[] { "/api/generate", "/api/chat", "/api/embed", "/api/embeddings", "/v1/chat/completions",
                "/v1/completions", "/v1/embeddings", "/v1/responses", "/v1/messages", "/v1/messages/count_tokens" })
                await log.AskAsync($"POST {path}", call, prefer: prefer);
        }
        var missing = new { model = "nosuch", prompt = "hi", input = "hi", messages = Said, max_tokens = 5 };
        foreach (var path in new[] { "/api/chat", "/v1/chat/completions", "/v1/responses", "/v1/messages" })
            await log.AskAsync($"POST {path}", missing);
        foreach (var path in new[] { "/api/tags", "/api/ps", "/api/version", "/api/status", "/api/experimental/model-recommendations",
            "/v1/models" })
            await log.AskAsync($"GET {path}");
        await log.AskAsync("POST /api/show", new { model = "tiny" });
        foreach (var model in new[] { "tiny", "nosuch" })
            await log.AskAsync("GET /v1/models/{model}", id: model);
    }

    private async Task CallResponsesAsync()
    {
        var id = (await log.AskAsync("POST /v1/responses", new { model = "tiny", input = "hi", background = true })).Text("id");
        await log.AskAsync("GET /v1/responses/{id}", id: id);
        await log.AskAsync("GET /v1/responses/{id}", id: id, query: "?stream=true");
        await log.AskAsync("GET /v1/responses/{id}/input_items", id: id);
        await log.AskAsync("POST /v1/responses/{id}/cancel", id: id);
        await log.AskAsync("DELETE /v1/responses/{id}", id: id);
    }

    private async Task CallBatchesAsync()
    {
        var id = (await log.AskAsync("POST /v1/files", FormOf(OneGoodLine + OneBadLine))).Text("id");
        await log.AskAsync("GET /v1/files/{id}", id: id);
        await log.AskAsync("GET /v1/files/{id}/content", id: id);
        var wrong = (await log.AskAsync("POST /v1/files", FormOf("not JSON"))).Text("id");
        foreach (var file in new[] { id, wrong })
        {
            var metadata = new { a = "b" };
            var body = new { input_file_id = file, endpoint = "/v1/chat/completions", completion_window = "24h", metadata };
            var batch = (await log.AskAsync("POST /v1/batches", body)).Text("id");
            await shared.Admin.EndAsync(batch);
            await log.AskAsync("GET /v1/batches/{id}", id: batch);
            await log.AskAsync("POST /v1/batches/{id}/cancel", id: batch);
        }
        // Neither ends before it is cancelled.
        await log.AskAsync("POST /api/v1/queue/pause");
        await log.AskAsync("POST /v1/batches/{id}/cancel", id: (await shared.Admin.CreateAsync(id)).Text("id"));
        var cancelled = (await log.AskAsync("POST /v1/messages/batches", Messages)).Text("id");
        await log.AskAsync("POST /v1/messages/batches/{id}/cancel", id: cancelled);
        await log.AskAsync("POST /api/v1/queue/resume");
        await log.AskAsync("GET /v1/batches");
        await log.AskAsync("GET /v1/files");
        await log.AskAsync("DELETE /v1/files/{id}", id: wrong);
        await log.AskAsync("POST /v1/files", new { });
        await log.AskAsync("POST /v1/batches", new { });
    }

    private async Task CallMessageBatchesAsync()
    {
        const string Prefix = "/v1/messages/batches";
        var id = (await log.AskAsync($"POST {Prefix}", Messages)).Text("id");
        await log.AskAsync($"GET {Prefix}/{{id}}", id: id);
        await Eventually.NotNull<object>(async () =>
            (await shared.Admin.JsonAsync($"{Prefix}/{id}")).Text("processing_status") == "ended" ? "ended" : null, $"{id} to end");
        await log.AskAsync($"GET {Prefix}/{{id}}", id: id);
        await log.AskAsync($"GET {Prefix}/{{id}}/results", id: id);
        await log.AskAsync($"GET {Prefix}");
        await log.AskAsync($"DELETE {Prefix}/{{id}}", id: id);
        await log.AskAsync($"GET {Prefix}");
        await log.AskAsync($"POST {Prefix}", new { });
    }

    private async Task CallModelManagementAsync()
    {
        foreach (var stream in new[] { false, true })
        {
            await log.AskAsync("POST /api/pull", new { model = "new", stream });
            await log.AskAsync("POST /api/push", new { model = "tiny", stream });
            await log.AskAsync("POST /api/create", new { model = "made", from = "tiny", stream });
        }
        await log.AskAsync("POST /api/copy", new { source = "tiny", destination = "copied" });
        await log.AskAsync("DELETE /api/delete", new { model = "tiny" });
        await log.AskAsync("DELETE /api/delete", new { model = "nosuch" });
        var content = "GGUF"u8.ToArray();
        var digest = $"sha256:{Convert.ToHexStringLower(SHA256.HashData(content))}";
        foreach (var operation in new[] { "POST /api/blobs/{digest}", "HEAD /api/blobs/{digest}" })
            await log.AskAsync(operation, operation[0] == 'P' ? new ByteArrayContent(content) : null, digest);
        await log.AskAsync("HEAD /api/blobs/{digest}", id: "sha256:1");
    }
}
