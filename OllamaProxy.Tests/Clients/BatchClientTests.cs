using System.ClientModel;
using System.Text;
using System.Text.Json;
using OllamaProxy.Tests.Api.Batches;
using OllamaProxy.Tests.Support;
using OpenAI;
using OpenAI.Batch;
using OpenAI.Files;

#pragma warning disable OPENAI001 // The package may still change what it has for batches.

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

    [ClientTheory]
    [InlineData(nameof(ProxyHosts.Server))]
    [InlineData(nameof(ProxyHosts.Functions))]
    public async Task Anthropic_s_client_for_Node_makes_a_message_batch_and_reads_its_results(string host)
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host));
        var seen = await RunAsync("message-batches.mjs", proxy.Client.BaseAddress!);

        Assert.Equal(4, seen.GetProperty("created").GetProperty("request_counts").GetProperty("processing").GetInt32());
        var counts = seen.GetProperty("batch").GetProperty("request_counts");
        Assert.Equal((0, 3, 1),
            (counts.GetProperty("processing").GetInt32(), counts.GetProperty("succeeded").GetInt32(),
                counts.GetProperty("errored").GetInt32()));
        var results = seen.GetProperty("results").EnumerateArray().ToDictionary(
            line => line.Text("custom_id"), line => line.GetProperty("result"));
        Assert.Equal(Enumerable.Range(0, 4).Select(number => $"request-{number}"), results.Keys.Order());
        for (var number = 0; number < 3; number++)
            Assert.Contains($"Question {number}",
                results[$"request-{number}"].GetProperty("message").GetProperty("content")[0].Text("text"), StringComparison.Ordinal);
        Assert.Equal(("errored", "error", "not_found_error"),
            (results["request-3"].Text("type"), results["request-3"].GetProperty("error").Text("type"),
                results["request-3"].GetProperty("error").GetProperty("error").Text("type")));
        Assert.Equal(
            (2, "BadRequestError 400", "message_batch_deleted", "NotFoundError 404"),
            (seen.GetProperty("listed").GetInt32(), seen.Text("twice"), seen.Text("deleted"), seen.Text("gone")));
    }

    [Theory]
    [InlineData(nameof(ProxyHosts.Server))]
    [InlineData(nameof(ProxyHosts.Functions))]
    public async Task OpenAI_s_client_for_NET_uploads_a_file_makes_a_batch_and_reads_what_came_of_it(string host)
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host));
        var client = new OpenAIClient(
            new ApiKeyCredential("any"), new OpenAIClientOptions { Endpoint = new Uri(proxy.Client.BaseAddress!, "v1") });
        var files = client.GetOpenAIFileClient();
        OpenAIFile input = await files.UploadFileAsync(
            BinaryData.FromString($"{BatchRig.Line("one", "a")}\n{BatchRig.Line("two", "b")}"), "in.jsonl", FileUploadPurpose.Batch);
        var request = BinaryContent.Create(BinaryData.FromString(
            $$"""{"input_file_id":"{{input.Id}}","endpoint":"/v1/chat/completions","completion_window":"24h"}"""));
        CreateBatchOperation batch = await client.GetBatchClient().CreateBatchAsync(request, waitUntilCompleted: false);
        await batch.WaitForCompletionAsync();

        using var ended = JsonDocument.Parse(batch.GetRawResponse().Content);
        Assert.Equal(("completed", (2, 2, 0)), (ended.RootElement.Text("status"), ended.RootElement.Counts()));
        BinaryData answers = await files.DownloadFileAsync(ended.RootElement.Text("output_file_id"));
        Assert.Equal(2, answers.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Equal(input.Id, (await files.GetFilesAsync(FilePurpose.Batch)).Value.Single().Id);
        Assert.True((await files.DeleteFileAsync(input.Id)).Value.Deleted);
    }

    private static async Task<JsonElement> RunAsync(string script, Uri address)
    {
        using var node = new ClientProcess(
            "node", [Repository.File($"OllamaProxy.Tests/Clients/{script}"), address.ToString()], Encoding.UTF8);
        return JsonDocument.Parse(await node.ReadToEndAsync()).RootElement;
    }
}
