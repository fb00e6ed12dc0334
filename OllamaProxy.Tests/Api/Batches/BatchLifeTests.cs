using System.Globalization;
using System.Net;
using System.Text.Json;
using OllamaProxy.Tests.Support;
using static OllamaProxy.Tests.Api.Batches.BatchRig;

namespace OllamaProxy.Tests.Api.Batches;

/// <summary>What happens to batches before all of their lines are done.</summary>
public sealed class BatchLifeTests
{
    [Fact]
    public async Task A_batch_that_is_cancelled_keeps_what_was_done_and_tells_of_the_rest()
    {
        await using var slow = await RunningProxy.StartAsync(ProxyHosts.Server, new() { TokensPerSecond = 40 });
        var created = await slow.Client.CreateAsync(await slow.Client.UploadAsync(
            Enumerable.Range(1, 1500).Select(number => Line(number.ToString(CultureInfo.InvariantCulture), "hi"))));
        var id = created.Text("id");
        await Eventually.NotNull(async () => (await slow.GetAsync($"/v1/batches/{id}")).Counts().Completed > 0 ? "some" : null);
        var cancelling = await slow.Client.AnswerAsync(await slow.Client.PostAsync($"/v1/batches/{id}/cancel", null));
        Assert.Equal("cancelling", cancelling.Text("status"));

        var batch = await slow.Client.EndAsync(id);
        var output = await slow.Client.LinesAsync(batch, "output_file_id");
        var errors = await slow.Client.LinesAsync(batch, "error_file_id");
        Assert.Equal(("cancelled", (1500, output.Count, errors.Count)), (batch.Text("status"), batch.Counts()));
        Assert.InRange(output.Count, 1, 1499);
        Assert.Equal(1500, output.Keys.Union(errors.Keys).Count());
        Assert.All(errors.Values, line => Assert.Equal("batch_cancelled", line.GetProperty("error").Text("code")));
        using var again = await slow.Client.PostAsync($"/v1/batches/{id}/cancel", null);
        Assert.Equal(HttpStatusCode.Conflict, again.StatusCode);
    }

    [Fact]
    public async Task A_batch_whose_time_is_over_keeps_what_was_done_and_tells_of_the_rest()
    {
        await using var slow = await RunningProxy.StartAsync(ProxyHosts.Server, new() { TokensPerSecond = 40 });
        var created = await slow.Client.CreateAsync(await slow.Client.UploadAsync(
            Enumerable.Range(1, 1100).Select(number => Line(number.ToString(CultureInfo.InvariantCulture), "hi"))));
        var id = created.Text("id");
        await Eventually.NotNull(async () => (await slow.GetAsync($"/v1/batches/{id}")).Counts().Completed > 0 ? "some" : null);
        await slow.Home.QueryAsync("UPDATE batches SET expires_at = 1 RETURNING 1");

        var batch = await slow.Client.EndAsync(id);
        var output = await slow.Client.LinesAsync(batch, "output_file_id");
        var errors = await slow.Client.LinesAsync(batch, "error_file_id");
        Assert.Equal(("expired", (1100, output.Count, errors.Count)), (batch.Text("status"), batch.Counts()));
        Assert.Equal(1100, output.Keys.Union(errors.Keys).Count());
        Assert.All(errors.Values, line => Assert.Equal("batch_expired", line.GetProperty("error").Text("code")));
        Assert.True(batch.TryGetProperty("expired_at", out _));
    }

    [Fact]
    public async Task Prompts_that_are_cancelled_or_deleted_by_hand_are_in_the_error_file()
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Server);
        using (var pause = await proxy.Client.PostAsync("/api/v1/queue/pause", null))
            pause.EnsureSuccessStatusCode();
        var created = await proxy.Client.CreateAsync(await proxy.Client.UploadAsync(Line("1", "a"), Line("2", "b"), Line("3", "c")));
        var list = $"/api/v1/prompts?batch={created.Uuid()}";
        var prompts = (JsonElement)await Eventually.NotNull<object>(async () =>
            (await proxy.GetAsync(list)).GetProperty("prompts") is var found && found.GetArrayLength() == 3 ? found : null);
        var (third, second) = (prompts[0].Text("id"), prompts[1].Text("id"));
        using (var deleted = await proxy.Client.DeleteAsync($"/api/v1/prompt/{third}"))
            deleted.EnsureSuccessStatusCode();
        using (var cancelled = await proxy.Client.PostAsync($"/api/v1/prompt/{second}/cancel", null))
            cancelled.EnsureSuccessStatusCode();
        using (var resume = await proxy.Client.PostAsync("/api/v1/queue/resume", null))
            resume.EnsureSuccessStatusCode();

        var batch = await proxy.Client.EndAsync(created.Text("id"));
        Assert.Equal(("completed", (3, 1, 2)), (batch.Text("status"), batch.Counts()));
        var errors = await proxy.Client.LinesAsync(batch, "error_file_id");
        Assert.Equal([("2", "request_cancelled"), ("3", "prompt_deleted")],
            errors.Select(line => (line.Key, line.Value.GetProperty("error").Text("code"))).Order());
    }

    [Fact]
    public async Task The_input_of_a_batch_cannot_be_deleted_before_the_batch_has_ended()
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Server, null, ("OLLAMA_PROXY_WORKER", "false"));
        var file = await proxy.Client.UploadAsync(Line("1", "hi"));
        var id = (await proxy.Client.CreateAsync(file)).Text("id");
        using (var refused = await proxy.Client.DeleteAsync($"/v1/files/{file}"))
            Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
        await proxy.RestartAsync(("OLLAMA_PROXY_WORKER", "true"));
        await proxy.Client.EndAsync(id);
        using var deleted = await proxy.Client.DeleteAsync($"/v1/files/{file}");
        Assert.Equal(HttpStatusCode.OK, deleted.StatusCode);
    }

    [Fact]
    public async Task A_batch_whose_input_is_damaged_ends_all_the_same()
    {
        const string Damage = "UPDATE parts SET checksum = checksum + 1 RETURNING 1";
        await using var proxy = await RunningProxy.StartAsync(
            ProxyHosts.Server, new() { TokensPerSecond = 40 }, ("OLLAMA_PROXY_WORKER", "false"));
        var unread = (await proxy.Client.CreateAsync(await proxy.Client.UploadAsync(Line("1", "hi")))).Text("id");
        await proxy.Home.QueryAsync(Damage);
        await proxy.RestartAsync(("OLLAMA_PROXY_WORKER", "true"));
        var failed = await proxy.Client.EndAsync(unread);
        Assert.Equal("failed", failed.Text("status"));
        Assert.Contains("damaged", failed.GetProperty("errors").GetProperty("data")[0].Text("message"), StringComparison.Ordinal);

        var begun = (await proxy.Client.CreateAsync(await proxy.Client.UploadAsync(
            Enumerable.Range(1, 1500).Select(number => Line($"{number}", "hi"))))).Text("id");
        await Eventually.NotNull(async () => (await proxy.GetAsync($"/v1/batches/{begun}")).Counts().Completed > 0 ? "some" : null);
        await proxy.Home.QueryAsync(Damage);
        await proxy.Client.AnswerAsync(await proxy.Client.PostAsync($"/v1/batches/{begun}/cancel", null));
        var batch = await proxy.Client.EndAsync(begun);
        var (total, completed, others) = batch.Counts();
        Assert.Equal(("cancelled", 1500, 1500), (batch.Text("status"), total, completed + others));
    }

    [Fact]
    public async Task Long_lines_and_long_answers_come_through()
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Server);
        var picture = new string('x', 60_000_000);
        var texts = string.Join(',', Enumerable.Range(0, 800).Select(number => $"\"text {number}\""));
        var file = await proxy.Client.UploadAsync(
            $$$"""{"custom_id":"1","method":"POST","url":"/v1/embeddings","body":{"model":"tiny","input":"hi","x":"{{{picture}}}"}}""",
            $$$"""{"custom_id":"2","method":"POST","url":"/v1/embeddings","body":{"model":"tiny","input":[{{{texts}}}]}}""");
        var created = await proxy.Client.CreateAsync(file, "/v1/embeddings");
        var batch = await proxy.Client.EndAsync(created.Text("id"));
        Assert.Equal(("completed", (2, 2, 0)), (batch.Text("status"), batch.Counts()));
        Assert.Contains(proxy.Ollama.Requests.All, request => request.Body.Length > picture.Length);
        var answer = (await proxy.Client.LinesAsync(batch, "output_file_id"))["2"].GetProperty("response").GetProperty("body");
        Assert.Equal(800, answer.GetProperty("data").GetArrayLength());
    }

    [Fact]
    public async Task A_batch_leaves_half_of_the_queue_to_others()
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Server, null, ("OLLAMA_PROXY_MAX_QUEUED", "10"));
        using (var pause = await proxy.Client.PostAsync("/api/v1/queue/pause", null))
            pause.EnsureSuccessStatusCode();
        var created = await proxy.Client.CreateAsync(await proxy.Client.UploadAsync(
            Enumerable.Range(1, 30).Select(number => Line($"{number}", "hi"))));
        await Eventually.NotNull(async () => (await proxy.GetAsync("/api/v1/prompts?status=queued")).GetProperty("total").GetInt32() >= 3
            ? "some" : null);
        for (var other = 0; other < 5; other++)
            await proxy.SubmitAsync(new { prompt = "of others" });
        using (var resume = await proxy.Client.PostAsync("/api/v1/queue/resume", null))
            resume.EnsureSuccessStatusCode();
        Assert.Equal((30, 30, 0), (await proxy.Client.EndAsync(created.Text("id"))).Counts());
    }
}
