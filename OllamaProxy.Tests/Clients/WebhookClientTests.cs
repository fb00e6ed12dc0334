using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using OllamaProxy.Tests.Api.Batches;
using OllamaProxy.Tests.Support;
using OllamaProxy.Tests.Webhooks;

namespace OllamaProxy.Tests.Clients;

/// <summary>The official client as the receiver of events.</summary>
public sealed class WebhookClientTests
{
    [ClientTheory]
    [InlineData(nameof(ProxyHosts.Server))]
    [InlineData(nameof(ProxyHosts.Functions))]
    public async Task OpenAI_s_client_for_Node_unwraps_the_events_and_refuses_those_of_others(string host)
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host), null, Receiver.Settings);
        using var node = new ClientProcess(
            "node", [Repository.File("OllamaProxy.Tests/Clients/webhooks.mjs"), Receiver.Secret], Encoding.UTF8);
        var url = (await node.ReadUntilAsync("\n")).Trim();

        var prompt = await proxy.SubmitAsync(new { prompt = "größer", model = "tiny", callback_url = url });
        AssertTold(await node.ReadUntilAsync("\n"), "prompt.completed", prompt);

        using var response = await proxy.Client.PostAsJsonAsync("/v1/batches", new
        {
            input_file_id = await proxy.Client.UploadAsync(BatchRig.Line("one", "hello")),
            endpoint = "/v1/chat/completions",
            completion_window = "24h",
            callback_url = url,
        });
        var batch = await response.Content.ReadFromJsonAsync<JsonElement>();
        AssertTold(await node.ReadUntilAsync("\n"), "batch.completed", batch.Text("id"));

        using var background = await proxy.Client.PostAsJsonAsync(
            "/v1/responses", new { model = "tiny", input = "hello", background = true, callback_url = url });
        var created = await background.Content.ReadFromJsonAsync<JsonElement>();
        AssertTold(await node.ReadUntilAsync("\n"), "response.completed", created.Text("id"));
    }

    private static void AssertTold(string line, string type, string subject)
    {
        var seen = JsonDocument.Parse(line).RootElement;
        Assert.True(seen.TryGetProperty("event", out var told), line);
        Assert.Equal(
            (type, subject, "InvalidWebhookSignatureError", "InvalidWebhookSignatureError"),
            (told.Text("type"), told.GetProperty("data").Text("id"), seen.Text("refused"), seen.Text("changed")));
    }
}
