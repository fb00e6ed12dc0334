using System.IO.Compression;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using OllamaProxy.Simulator.Faults;
using OllamaProxy.Tests.Support;
using static OllamaProxy.Tests.Api.Batches.BatchRig;

namespace OllamaProxy.Tests.Api.Batches;

/// <summary>OpenAI's batches. The official clients are in <c>Clients</c>, what happens when processes are killed in <c>Crash</c>.</summary>
public abstract class BatchTests(ProxyFixture fixture)
{
    public static TheoryData<string, string> Endpoints => new()
    {
        { "/v1/chat/completions", """{"model":"tiny","messages":[{"role":"user","content":"hi"}]}""" },
        { "/v1/completions", """{"model":"tiny","prompt":"hi"}""" },
        { "/v1/embeddings", """{"model":"tiny","input":["hi","ho"]}""" },
        { "/v1/responses", """{"model":"tiny","input":"hi"}""" },
    };

    /// <summary>Lines that are no good, with the code and a part of the message.</summary>
    public static TheoryData<string, string, string> BadLines => new()
    {
        { "{", "invalid_json_line", "not parseable" },
        { "[]", "invalid_json_line", "not a JSON object" },
        { "{}\0", "invalid_json_line", "not parseable" },
        { "{\"custom_id\":\"\u0000\"}", "invalid_json_line", "not parseable" },
        { """{"method":"POST","url":"/v1/chat/completions","body":{"model":"m"}}""", "missing_required_parameter", "custom_id" },
        { """{"custom_id":7,"method":"POST","url":"/v1/chat/completions","body":{"model":"m"}}""", "invalid_request", "custom_id" },
        { """{"custom_id":"a","url":"/v1/chat/completions","body":{"model":"m"}}""", "missing_required_parameter", "method" },
        { """{"custom_id":"a","method":"GET","url":"/v1/chat/completions","body":{"model":"m"}}""", "invalid_request", "method" },
        { """{"custom_id":"a","method":"POST","body":{"model":"m"}}""", "missing_required_parameter", "url" },
        { """{"custom_id":"a","method":"POST","url":"/v1/images","body":{"model":"m"}}""", "invalid_url", "'/v1/images'" },
        { """{"custom_id":"a","method":"POST","url":"/v1/completions","body":{"model":"m"}}""", "url_mismatch", "'/v1/completions'" },
        { """{"custom_id":"a","method":"POST","url":"/v1/chat/completions"}""", "missing_required_parameter", "body" },
        { """{"custom_id":"a","method":"POST","url":"/v1/chat/completions","body":"x"}""", "invalid_request", "body" },
        { """{"custom_id":"a","method":"POST","url":"/v1/chat/completions","body":{}}""", "missing_required_parameter", "body.model" },
        { """{"custom_id":"a","method":"POST","url":"/v1/chat/completions","body":{"model":"m","stream":true}}""",
            "streaming_unsupported", "stream" },
        { """{"custom_id":"first","method":"POST","url":"/v1/chat/completions","body":{"model":"m"}}""", "duplicate_custom_id", "'first'" },
    };

    private RunningProxy Proxy => fixture.Proxy;

    private HttpClient Client => fixture.Proxy.Client;

    [Theory]
    [MemberData(nameof(Endpoints))]
    public async Task Each_line_of_a_batch_becomes_a_line_of_its_output(string endpoint, string body)
    {
        string[] ids = ["one", "zwei \"2\" ü", "🦙", "4"];
        var file = await Client.UploadAsync(ids.Select(id =>
            $$"""{"custom_id":{{JsonSerializer.Serialize(id)}},"method":"POST","url":"{{endpoint}}","body":{{body}}}"""));
        var created = await Client.CreateAsync(file, endpoint, new { job = "nightly" });
        Assert.Equal(("batch", endpoint, file, "24h", "nightly"),
            (created.Text("object"), created.Text("endpoint"), created.Text("input_file_id"), created.Text("completion_window"),
                created.GetProperty("metadata").Text("job")));
        Assert.Equal(24 * 3600, created.GetProperty("expires_at").GetInt64() - created.GetProperty("created_at").GetInt64());

        var batch = await Client.EndAsync(created.Text("id"));
        Assert.Equal(("completed", "tiny", (4, 4, 0)), (batch.Text("status"), batch.Text("model"), batch.Counts()));
        Assert.False(batch.TryGetProperty("error_file_id", out _));
        var lines = await Client.LinesAsync(batch, "output_file_id");
        Assert.Equal(ids.Order(StringComparer.Ordinal), lines.Keys.Order(StringComparer.Ordinal));
        Assert.All(lines.Values, line =>
        {
            Assert.StartsWith("batch_req_", line.Text("id"), StringComparison.Ordinal);
            Assert.Equal((JsonValueKind.Null, 200, JsonValueKind.Object), (line.GetProperty("error").ValueKind,
                line.GetProperty("response").GetProperty("status_code").GetInt32(),
                line.GetProperty("response").GetProperty("body").ValueKind));
        });
        var usage = batch.GetProperty("usage");
        Assert.Equal(
            lines.Values.Sum(line => Tokens(line, "prompt_tokens") + Tokens(line, "input_tokens")),
            usage.GetProperty("input_tokens").GetInt64());
        Assert.Equal(
            usage.GetProperty("input_tokens").GetInt64() + usage.GetProperty("output_tokens").GetInt64(),
            usage.GetProperty("total_tokens").GetInt64());

        // The prompts are those of any batch.
        var uuid = batch.Uuid();
        var counts = await Proxy.GetAsync($"/api/v1/batch/{uuid}");
        Assert.Equal((4, 4), (counts.GetProperty("total").GetInt32(), counts.GetProperty("counts").GetProperty("completed").GetInt32()));
        var prompts = (await Proxy.GetAsync($"/api/v1/prompts?batch={uuid}")).GetProperty("prompts");
        Assert.All(prompts.EnumerateArray(), prompt => Assert.Equal(-10, prompt.GetProperty("priority").GetInt32()));
    }

    [Fact]
    public async Task Requests_that_Ollama_refuses_are_in_the_error_file()
    {
        var bad = """{"custom_id":"bad","method":"POST","url":"/v1/chat/completions","body":{"model":"nosuch","messages":[M]}}"""
            .Replace("M", """{"role":"user","content":"hi"}""", StringComparison.Ordinal);
        var created = await Client.CreateAsync(await Client.UploadAsync(Line("good", "hi"), bad));
        var batch = await Client.EndAsync(created.Text("id"));
        Assert.Equal(("completed", (2, 1, 1)), (batch.Text("status"), batch.Counts()));
        Assert.False(batch.TryGetProperty("model", out _));
        Assert.Equal(["good"], (await Client.LinesAsync(batch, "output_file_id")).Keys);
        var error = Assert.Single(await Client.LinesAsync(batch, "error_file_id"));
        Assert.Equal(("bad", 404), (error.Key, error.Value.GetProperty("response").GetProperty("status_code").GetInt32()));
        Assert.Contains("nosuch", error.Value.GetProperty("response").GetProperty("body").GetProperty("error").Text("message"),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\n")]
    [InlineData("\r\n")]
    [InlineData("\n\n \r\n")]
    public async Task Line_ends_of_any_kind_a_mark_in_front_and_blank_lines_do_no_harm(string end)
    {
        var text = "\uFEFF" + string.Join(end, Enumerable.Range(1, 5).Select(number => Line($"{number}", "hi"))) + (end == "\n" ? "" : end);
        var created = await Client.CreateAsync(await Client.UploadAsync(Encoding.UTF8.GetBytes(text)));
        var batch = await Client.EndAsync(created.Text("id"));
        Assert.Equal(("completed", (5, 5, 0)), (batch.Text("status"), batch.Counts()));
        Assert.Equal(5, (await Client.LinesAsync(batch, "output_file_id")).Count);
    }

    [Theory]
    [MemberData(nameof(BadLines))]
    public async Task One_bad_line_fails_the_whole_batch_before_anything_is_queued(string line, string code, string words)
    {
        var created = await Client.CreateAsync(await Client.UploadAsync(Line("first", "hi"), "", line, Line("last", "hi")));
        var batch = await Client.EndAsync(created.Text("id"));
        Assert.Equal("failed", batch.Text("status"));
        var error = Assert.Single(batch.GetProperty("errors").GetProperty("data").EnumerateArray());
        Assert.Equal((code, 3), (error.Text("code"), error.GetProperty("line").GetInt32()));
        Assert.Contains(words, error.GetRawText(), StringComparison.Ordinal);
        Assert.False(batch.TryGetProperty("output_file_id", out _));
        Assert.Equal(0, (await Proxy.GetAsync($"/api/v1/prompts?batch={batch.Uuid()}")).GetProperty("total").GetInt32());
    }

    [Fact]
    public async Task What_is_no_text_fails_and_no_more_than_a_hundred_mistakes_are_told_of()
    {
        Assert.Equal("invalid_json_line", await CodeOfAsync([0xFF, 0xFE, (byte)'{', (byte)'}']));
        Assert.Equal("empty_batch", await CodeOfAsync([]));
        Assert.Equal("empty_batch", await CodeOfAsync("\n \r\n"u8.ToArray()));
        using var zip = new MemoryStream();
        using (var archive = new ZipArchive(zip, ZipArchiveMode.Create, leaveOpen: true))
        using (var entry = archive.CreateEntry("requests.jsonl").Open())
            entry.Write(Encoding.UTF8.GetBytes(Line("a", "hi")));
        Assert.Equal("invalid_json_line", await CodeOfAsync(zip.ToArray()));
        // Longer than any body may be.
        Assert.Equal("invalid_request", await CodeOfAsync(Encoding.UTF8.GetBytes(Line("a", new('x', ProxyFixture.MaxBodyBytes)))));

        var many = await Client.EndAsync((await Client.CreateAsync(await Client.UploadAsync(Enumerable.Repeat("{", 500)))).Text("id"));
        Assert.Equal(100, many.GetProperty("errors").GetProperty("data").GetArrayLength());
    }

    [Fact]
    public async Task More_lines_than_a_batch_may_have_fail_it()
    {
        var lines = Enumerable.Range(0, 50_001).Select(number =>
            $$$"""{"custom_id":"{{{number}}}","method":"POST","url":"/v1/chat/completions","body":{"model":"m"}}""");
        Assert.Equal("too_many_tasks", await CodeOfAsync(Encoding.UTF8.GetBytes(string.Join('\n', lines))));
    }

    [Fact]
    public async Task Attempts_that_fail_are_repeated_as_those_of_any_prompt()
    {
        await Proxy.FaultNextAsync(Fault.Status(500, "llama runner process has terminated"));
        var batch = await Client.EndAsync((await Client.CreateAsync(await Client.UploadAsync(Line("1", "hi")))).Text("id"));
        Assert.Equal(("completed", (1, 1, 0)), (batch.Text("status"), batch.Counts()));
    }

    [Theory]
    [InlineData("""{"endpoint":"/v1/completions","completion_window":"24h"}""", 400, "'input_file_id' is missing.")]
    [InlineData("""{"input_file_id":"file-1","completion_window":"24h"}""", 400, "'endpoint' is missing.")]
    [InlineData("""{"input_file_id":"file-1","endpoint":"/api/chat","completion_window":"24h"}""", 400, "'endpoint' must be one of")]
    [InlineData("""{"input_file_id":"file-1","endpoint":"/v1/completions","completion_window":"1h"}""", 400, "must be 24h, but is '1h'.")]
    [InlineData("""{"input_file_id":"file-1","endpoint":"/v1/completions","completion_window":"24h"}""", 404, "no file with the id")]
    [InlineData("""{"input_file_id":"1","endpoint":"/v1/completions","completion_window":"24h","metadata":{"a":1}}""", 400, "metadata")]
    [InlineData("not JSON", 400, "not valid JSON")]
    public async Task A_bad_batch_is_refused(string body, int status, string words)
    {
        using var response = await Client.PostAsync("/v1/batches", new StringContent(body));
        Assert.Equal(status, (int)response.StatusCode);
        var error = (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error");
        Assert.Contains(words, error.Text("message"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Batches_are_listed_page_by_page()
    {
        var ids = new List<string>();
        for (var number = 0; number < 3; number++)
            ids.Insert(0, (await Client.CreateAsync(await Client.UploadAsync("{"))).Text("id"));
        var page = await Proxy.GetAsync("/v1/batches?limit=2");
        Assert.Equal(ids[..2], page.GetProperty("data").EnumerateArray().Select(batch => batch.Text("id")));
        Assert.Equal((ids[1], true), (page.Text("last_id"), page.GetProperty("has_more").GetBoolean()));
        page = await Proxy.GetAsync($"/v1/batches?limit=1&after={ids[1]}");
        Assert.Equal(ids[2], page.Text("first_id"));
        using var unknown = await Client.GetAsync("/v1/batches/batch_1");
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
    }

    private async Task<string> CodeOfAsync(byte[] input)
    {
        var batch = await Client.EndAsync((await Client.CreateAsync(await Client.UploadAsync(input))).Text("id"));
        Assert.Equal("failed", batch.Text("status"));
        return batch.GetProperty("errors").GetProperty("data")[0].Text("code");
    }

    private static long Tokens(JsonElement line, string name) =>
        line.GetProperty("response").GetProperty("body").GetProperty("usage").TryGetProperty(name, out var tokens) ? tokens.GetInt64() : 0;
}

public sealed class BatchServerTests(ServerFixture fixture) : BatchTests(fixture), IClassFixture<ServerFixture>;

public sealed class BatchFunctionsTests(FunctionsFixture fixture) : BatchTests(fixture), IClassFixture<FunctionsFixture>;
