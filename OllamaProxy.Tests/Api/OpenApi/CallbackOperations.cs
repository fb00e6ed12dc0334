using OllamaProxy.Tests.Api.Batches;
using OllamaProxy.Tests.Support;
using OllamaProxy.Tests.Webhooks;

namespace OllamaProxy.Tests.Api.OpenApi;

/// <summary>Calls the operations that take a <c>callback_url</c>, and those that show what became of the events.</summary>
/// <param name="log">Keeps the answers.</param>
internal sealed class CallbackOperations(AnswerLog log)
{
    private static readonly string[] PromptEvents = ["prompt.completed", "prompt.failed"];
    private static readonly string[] BatchEvents = ["batch.completed"];
    private static readonly string[] ResponseEvents = ["response.completed"];

    public async Task CallAsync()
    {
        await using var good = await Receiver.StartAsync();
        await using var failing = await Receiver.AnsweringAsync(500);
        await using var gone = await Receiver.AnsweringAsync(410);
        await CallPromptsAsync(good.Url, "delivered", "delivered_at");
        await CallPromptsAsync(failing.Url, "pending", "last_error");
        await CallPromptsAsync(gone.Url, "failed", "last_error");
        await CallBatchesAsync(good.Url);
        await log.AskAsync("POST /v1/responses", new
        {
            model = "tiny",
            input = "hi",
            background = true,
            callback_url = good.Url,
            callback_events = ResponseEvents,
        });
    }

    private async Task CallPromptsAsync(string url, string status, string field)
    {
        var prompt = new { prompt = "hi", callback_url = url, callback_events = PromptEvents };
        var id = (await log.AskAsync("POST /api/v1/prompt", prompt)).Text("id");
        await log.AskAsync("PUT /api/v1/prompt/{id}", prompt, Guid.NewGuid().ToString());
        await log.AskAsync("POST /api/v1/prompts", new[] { prompt });
        await log.AskAsync("POST /api/v1/prompt", new { prompt = "hi", callback_url = url, callback_events = BatchEvents });
        await ShowAsync("GET /api/v1/prompt/{id}", id, status, field);
    }

    private async Task CallBatchesAsync(string url)
    {
        var file = CompatibleOperations.FormOf(BatchRig.Line("a", "hi"));
        var batch = await log.AskAsync("POST /v1/batches", new
        {
            input_file_id = (await log.AskAsync("POST /v1/files", file)).Text("id"),
            endpoint = "/v1/chat/completions",
            completion_window = "24h",
            callback_url = url,
            callback_events = BatchEvents,
        });
        await ShowAsync("GET /v1/batches/{id}", batch.Text("id"), "delivered", "delivered_at");
        await log.AskAsync("GET /v1/batches");
    }

    /// <summary>Looks until the only event is in this status and has this field.</summary>
    private async Task ShowAsync(string operation, string id, string status, string field) => await Eventually.NotNull(async () =>
        (await log.AskAsync(operation, id: id)).TryGetProperty("callbacks", out var callbacks)
            && callbacks.EnumerateArray().Single() is var callback && callback.Text("status") == status
            && callback.TryGetProperty(field, out _) ? "shown" : null, $"the event to be {status} with {field}");
}
