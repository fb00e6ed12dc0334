using System.Net.Http.Json;
using OllamaProxy.Callbacks;
using OllamaProxy.Tests.Api.Batches;
using OllamaProxy.Tests.Support;
using OllamaProxy.Tests.Webhooks;

namespace OllamaProxy.Tests.Api.OpenApi;

/// <summary>The OpenAPI document says what is sent to receivers.</summary>
public sealed class OpenApiWebhookTests
{
    private static readonly string[] Wrong =
    [
        "prompt.completed has no webhook-timestamp", "prompt.completed has the webhook-signature v1:",
        "prompt.completed has the webhook-id 1:", "/data/id must match format", "must NOT have additional properties",
        "prompt.failed has the type text/plain, which is not in the document", "prompt.lost is not in the document",
        "batch.expired was not seen to be sent",
    ];

    public static TheoryData<string> Hosts => ProxyHosts.Names;

    [OpenApiTheory]
    [MemberData(nameof(Hosts))]
    public async Task Every_event_is_sent_as_the_document_says(string host)
    {
        await using var receiver = await Receiver.StartAsync();
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host), null, Receiver.Settings);
        foreach (var model in new[] { "tiny", "nosuch" })
        {
            await SubmitAsync(proxy, receiver, model);
            await RespondAsync(proxy, receiver, model);
        }
        foreach (var input in new[] { BatchRig.Line("a", "hi"), "not JSON" })
            await proxy.Client.EndAsync(await CreateAsync(proxy, receiver, input));
        await receiver.WaitForAsync(6);

        // None of these ends by itself.
        (await proxy.Client.PostAsync("/api/v1/queue/pause", null)).Dispose();
        var cancelled = new[]
        {
            $"/api/v1/prompt/{await SubmitAsync(proxy, receiver, "tiny")}",
            $"/v1/responses/{await RespondAsync(proxy, receiver, "tiny")}",
            $"/v1/batches/{await CreateAsync(proxy, receiver, BatchRig.Line("a", "hi"))}",
        };
        foreach (var path in cancelled)
            await proxy.Client.AnswerAsync(await proxy.Client.PostAsync($"{path}/cancel", null));
        var expiring = await CreateAsync(proxy, receiver, BatchRig.Line("a", "hi"));
        await proxy.Client.WhenAsync(expiring, "in_progress");
        await proxy.Home.QueryAsync("UPDATE batches SET expires_at = 1 RETURNING 1");

        Assert.Empty(await OpenApiDocument.ValidateAsync(await receiver.WaitForAsync(10)));
    }

    [OpenApiFact]
    public async Task What_the_document_does_not_say_is_found()
    {
        var json = new Dictionary<string, string> { ["Content-Type"] = "application/json" };
        const string Id = "evt_6f1b0c1e2d3a4b5c8d9e0f1a2b3c4d5e";
        Received[] events =
        [
            new("POST /hook", new(json) { ["webhook-id"] = "1", ["webhook-signature"] = "v1" },
                $$"""{"id":"{{Id}}","object":"event","created_at":1,"type":"prompt.completed","data":{"id":"x"},"more":1}"""),
            new("POST /hook", new(json) { ["webhook-id"] = Id }, $$"""{"id":"{{Id}}","type":"prompt.lost","data":{"id":"x"} }"""),
            new("POST /hook", new() { ["Content-Type"] = "text/plain" }, """{"type":"prompt.failed"}"""),
        ];
        var found = string.Join('\n', await OpenApiDocument.ValidateAsync(events));
        Assert.All(Wrong, part => Assert.Contains(part, found, StringComparison.Ordinal));
    }

    [Fact]
    public void The_document_has_each_event_that_can_be_asked_for() => Assert.Equal(
        CallbackEvents.OfPrompts.Concat(CallbackEvents.OfBatches).Concat(CallbackEvents.OfResponses), OpenApiDocument.Webhooks);

    private static Task<string> SubmitAsync(RunningProxy proxy, Receiver receiver, string model) =>
        proxy.SubmitAsync(new { prompt = "hi", model, callback_url = receiver.Url });

    private static async Task<string> RespondAsync(RunningProxy proxy, Receiver receiver, string model) => (await proxy.Client.AnswerAsync(
        await proxy.Client.PostAsJsonAsync("/v1/responses", new { model, input = "hi", background = true, callback_url = receiver.Url })))
        .Text("id");

    private static async Task<string> CreateAsync(RunningProxy proxy, Receiver receiver, string input) => (await proxy.Client.AnswerAsync(
        await proxy.Client.PostAsJsonAsync("/v1/batches", new
        {
            input_file_id = await proxy.Client.UploadAsync(input),
            endpoint = "/v1/chat/completions",
            completion_window = "24h",
            callback_url = receiver.Url,
        }))).Text("id");
}
