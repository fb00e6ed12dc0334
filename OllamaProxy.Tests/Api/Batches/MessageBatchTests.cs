using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using OllamaProxy.Tests.Api.Callers;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Api.Batches;

/// <summary>Anthropic's message batches. The official client is in <c>Clients</c>.</summary>
public abstract class MessageBatchTests(ProxyFixture fixture)
{
    private const string Good =
        """{"custom_id":"a","params":{"model":"tiny","max_tokens":9,"messages":[{"role":"user","content":"hi"}]}}""";

    private HttpClient Client => fixture.Proxy.Client;

    [Fact]
    public async Task A_message_batch_has_its_files_for_itself()
    {
        var created = await CreateAsync(Client, Good);
        Assert.Equal(("message_batch", "in_progress"), (created.Text("type"), created.Text("processing_status")));
        Assert.All(["ended_at", "cancel_initiated_at", "archived_at", "results_url"],
            name => Assert.Equal(JsonValueKind.Null, created.GetProperty(name).ValueKind));
        var batch = await EndAsync(Client, created.Text("id"));
        Assert.Equal($"/v1/messages/batches/{created.Text("id")}/results", batch.Text("results_url"));
        Assert.EndsWith("Z", batch.Text("ended_at"), StringComparison.Ordinal);
        var line = JsonDocument.Parse(await Client.GetStringAsync(batch.Text("results_url"))).RootElement;
        Assert.Equal(("a", "succeeded", "message"), (line.Text("custom_id"), line.GetProperty("result").Text("type"),
            line.GetProperty("result").GetProperty("message").Text("type")));

        var files = await Client.GetFromJsonAsync<JsonElement>("/v1/files");
        Assert.DoesNotContain(
            files.GetProperty("data").EnumerateArray(), file => file.Text("purpose") is "message_batch" or "batch_output");
        using var other = await Client.GetAsync($"/v1/batches/batch_{created.Text("id")["msgbatch_".Length..]}");
        Assert.Equal(HttpStatusCode.NotFound, other.StatusCode);
    }

    [Theory]
    [InlineData("""{}""", "requests: an array")]
    [InlineData("""{"requests":[]}""", "requests: an array")]
    [InlineData("""{"requests":[GOOD,GOOD]}""", "requests.1.custom_id: 'a' is the custom_id of an earlier request")]
    [InlineData("""{"requests":[{"custom_id":"a b","params":{"model":"m"}}]}""", "requests.0.custom_id: 1 to 64 letters")]
    [InlineData("""{"requests":[{"params":{"model":"m"}}]}""", "requests.0.custom_id: a string")]
    [InlineData("""{"requests":[{"custom_id":"a"}]}""", "requests.0.params: an object")]
    [InlineData("""{"requests":[{"custom_id":"a","params":{}}]}""", "requests.0.params.model: a string")]
    [InlineData("""{"requests":[{"custom_id":"a","params":{"model":"m","stream":true}}]}""", "requests.0.params.stream")]
    [InlineData("""{"requests":[7]}""", "requests.0: This line is not a JSON object")]
    [InlineData("""{"requests":""", "not valid JSON")]
    public async Task A_bad_message_batch_is_400(string body, string words)
    {
        using var response = await Client.PostAsync(
            "/v1/messages/batches", new StringContent(body.Replace("GOOD", Good, StringComparison.Ordinal)));
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal(("error", "invalid_request_error"), (answer.Text("type"), answer.GetProperty("error").Text("type")));
        Assert.Contains(words, answer.GetProperty("error").Text("message"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_that_is_cancelled_tells_of_each_request_what_came_of_it_and_can_be_deleted_then()
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Server);
        using (var pause = await proxy.Client.PostAsync("/api/v1/queue/pause", null))
            pause.EnsureSuccessStatusCode();
        var id = (await CreateAsync(proxy.Client, Good, Good.Replace("\"a\"", "\"b\"", StringComparison.Ordinal))).Text("id");
        foreach (var early in new[] { HttpMethod.Delete, HttpMethod.Get })
        {
            var path = $"/v1/messages/batches/{id}" + (early == HttpMethod.Get ? "/results" : "");
            using var refused = await proxy.Client.SendAsync(new(early, path));
            Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        }
        await Eventually.NotNull(async () =>
            (await proxy.GetAsync("/api/v1/prompts?status=queued")).GetProperty("total").GetInt32() == 2 ? "queued" : null);
        var cancelling = await proxy.Client.AnswerAsync(await proxy.Client.PostAsync($"/v1/messages/batches/{id}/cancel", null));
        Assert.Equal("canceling", cancelling.Text("processing_status"));
        var batch = await EndAsync(proxy.Client, id);
        Assert.Equal((0, 2), (batch.GetProperty("request_counts").GetProperty("succeeded").GetInt32(),
            batch.GetProperty("request_counts").GetProperty("canceled").GetInt32()));
        var lines = (await proxy.Client.GetStringAsync(batch.Text("results_url"))).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(
            ["""{"custom_id":"a","result":{"type":"canceled"}}""", """{"custom_id":"b","result":{"type":"canceled"}}"""], lines.Order());
        using var deleted = await proxy.Client.DeleteAsync($"/v1/messages/batches/{id}");
        Assert.Equal(HttpStatusCode.OK, deleted.StatusCode);
        Assert.Equal(0, await proxy.Home.NumberAsync("SELECT count(*) FROM files"));
    }

    [Fact]
    public async Task One_that_is_cancelled_before_anything_was_done_has_a_result_of_each_request_too()
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Server, null, ("OLLAMA_PROXY_WORKER", "0"));
        var id = (await CreateAsync(proxy.Client, Good, Good.Replace("\"a\"", "\"b\"", StringComparison.Ordinal))).Text("id");
        using (var cancel = await proxy.Client.PostAsync($"/v1/messages/batches/{id}/cancel", null))
            cancel.EnsureSuccessStatusCode();
        await proxy.RestartAsync(("OLLAMA_PROXY_WORKER", "1"));

        var batch = await EndAsync(proxy.Client, id);
        Assert.Equal(2, batch.GetProperty("request_counts").GetProperty("canceled").GetInt32());
        var lines = (await proxy.Client.GetStringAsync(batch.Text("results_url"))).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(
            ["""{"custom_id":"a","result":{"type":"canceled"}}""", """{"custom_id":"b","result":{"type":"canceled"}}"""], lines.Order());
    }

    [Fact]
    public async Task Message_batches_are_listed_in_either_direction()
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Server);
        var ids = new List<string>();
        for (var number = 0; number < 4; number++)
            ids.Insert(0, (await CreateAsync(proxy.Client, Good)).Text("id"));
        Assert.Equal([ids[0], ids[1]], IdsOf(await proxy.GetAsync("/v1/messages/batches?limit=2")));
        Assert.Equal([ids[2], ids[3]], IdsOf(await proxy.GetAsync($"/v1/messages/batches?limit=2&after_id={ids[1]}")));
        Assert.Equal([ids[1], ids[2]], IdsOf(await proxy.GetAsync($"/v1/messages/batches?limit=2&before_id={ids[3]}")));
        Assert.Empty(IdsOf(await proxy.GetAsync($"/v1/messages/batches?before_id={ids[0]}")));
    }

    internal static async Task<JsonElement> CreateAsync(HttpClient client, params string[] requests) => await client.AnswerAsync(
        await client.PostAsync("/v1/messages/batches", new StringContent($"{{\"requests\":[{string.Join(',', requests)}]}}")));

    private static async Task<JsonElement> EndAsync(HttpClient client, string id) =>
        (JsonElement)await Eventually.NotNull<object>(async () =>
            await client.GetFromJsonAsync<JsonElement>($"/v1/messages/batches/{id}") is var found
                && found.Text("processing_status") == "ended" ? found : null);

    private static IEnumerable<string> IdsOf(JsonElement page) =>
        page.GetProperty("data").EnumerateArray().Select(batch => batch.Text("id"));
}

public sealed class MessageBatchServerTests(ServerFixture fixture) : MessageBatchTests(fixture), IClassFixture<ServerFixture>;

public sealed class MessageBatchFunctionsTests(FunctionsFixture fixture) : MessageBatchTests(fixture), IClassFixture<FunctionsFixture>;

/// <summary>Whose batches they are.</summary>
public sealed class BatchOwnerTests
{
    public static TheoryData<string> Hosts => ProxyHosts.Names;

    [InProcessTheory]
    [MemberData(nameof(Hosts))]
    public async Task Nobody_but_an_admin_sees_the_batches_of_others_and_their_prompts_are_their_owner_s(string host)
    {
        await using var shared = await SharedProxy.StartAsync(host);
        var file = await shared.Alice.UploadAsync(BatchRig.Line("a", "hi"));
        var batch = await shared.Alice.EndAsync((await shared.Alice.CreateAsync(file)).Text("id"));
        Assert.Single(await shared.Alice.LinesAsync(batch, "output_file_id"));
        foreach (var (client, listed) in new[] { (shared.Alice, 1), (shared.Bob, 0), (shared.Admin, 1) })
        {
            Assert.Equal(listed, (await client.GetFromJsonAsync<JsonElement>("/v1/batches")).GetProperty("data").GetArrayLength());
            Assert.Equal(listed, (await client.GetFromJsonAsync<JsonElement>("/api/v1/prompts")).GetProperty("total").GetInt32());
            using var found = await client.GetAsync($"/v1/files/{batch.Text("output_file_id")}");
            Assert.Equal(listed == 1, found.IsSuccessStatusCode);
        }
        using var stolen = await shared.Bob.PostAsJsonAsync(
            "/v1/batches", new { input_file_id = file, endpoint = "/v1/chat/completions", completion_window = "24h" });
        Assert.Equal(HttpStatusCode.NotFound, stolen.StatusCode);
    }

    [InProcessTheory]
    [MemberData(nameof(Hosts))]
    public async Task A_batch_waits_where_a_limit_of_its_owner_is_reached_and_fails_with_a_model_that_they_may_not_use(string host)
    {
        await using var shared = await SharedProxy.StartAsync(
            host, null, ("OLLAMA_PROXY_API_KEYS", $"alice:{SharedProxy.AliceKey}:max_queued=2:models=tiny"));
        var created = await shared.Alice.CreateAsync(
            await shared.Alice.UploadAsync(Enumerable.Range(1, 20).Select(number => BatchRig.Line($"{number}", "hi"))));
        Assert.Equal((20, 20, 0), (await shared.Alice.EndAsync(created.Text("id"))).Counts());

        var other = BatchRig.Line("1", "hi").Replace("tiny", "llama3.2", StringComparison.Ordinal);
        var failed = await shared.Alice.EndAsync((await shared.Alice.CreateAsync(await shared.Alice.UploadAsync(other))).Text("id"));
        Assert.Equal(("failed", "model_not_found"),
            (failed.Text("status"), failed.GetProperty("errors").GetProperty("data")[0].Text("code")));
    }
}
