using System.Text;
using System.Text.Json;
using OllamaProxy.Tests.Api.Batches;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Clients;

/// <summary>The official clients with files and batches, which Ollama does not have.</summary>
public sealed class BatchClientTests
{
    [ClientTheory]
    [InlineData(nameof(ProxyHosts.Server))]
    [InlineData(nameof(ProxyHosts.Functions))]
    public async Task OpenAI_s_client_for_Node_uploads_a_file_makes_a_batch_and_reads_what_came_of_it(string host)
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host));
        var seen = await RunAsync("batches.mjs", proxy.Client.BaseAddress!);

        var batch = seen.GetProperty("batch");
        Assert.Equal(("completed", "test", (5, 4, 1)), (batch.Text("status"), batch.GetProperty("metadata").Text("job"), batch.Counts()));
        Assert.Equal(Enumerable.Range(0, 4).Select(number => $"request {number}"),
            seen.GetProperty("output").EnumerateArray().Select(line => line.Text("custom_id")).Order());
        Assert.All(seen.GetProperty("output").EnumerateArray(), line => Assert.Contains(
            line.Text("custom_id").Replace("request", "Question", StringComparison.Ordinal),
            line.GetProperty("response").GetProperty("body").GetProperty("choices")[0].GetProperty("message").Text("content"),
            StringComparison.Ordinal));
        Assert.Equal("request 4", Assert.Single(seen.GetProperty("errors").EnumerateArray()).Text("custom_id"));
        Assert.Equal([batch.Text("id")], seen.GetProperty("listed").EnumerateArray().Select(id => id.GetString()));
        Assert.Equal(
            (86_400, 2, "ConflictError 409", true, "NotFoundError 404"),
            (seen.GetProperty("expires").GetInt32(), seen.GetProperty("files").GetInt32(), seen.Text("twice"),
                seen.GetProperty("deleted").GetBoolean(), seen.Text("gone")));
    }

    private static async Task<JsonElement> RunAsync(string script, Uri address)
    {
        using var node = new ClientProcess(
            "node", [Repository.File($"OllamaProxy.Tests/Clients/{script}"), address.ToString()], Encoding.UTF8);
        return JsonDocument.Parse(await node.ReadToEndAsync()).RootElement;
    }
}
