using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Api.Prompts;

/// <summary>What was sent with a prompt is shown whole, and can be sent once more.</summary>
public abstract class SentRequestTests(ProxyFixture fixture) : IAsyncLifetime
{
    /// <summary>A picture of 70 bytes.</summary>
    private const string Picture = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

    private RunningProxy Proxy => fixture.Proxy;

    public static TheoryData<string, string> Submissions => new()
    {
        { """{"prompt":"x"}""", "{}" },
        { """{"prompt":"x","model":"tiny","system":"Be brief.","options":{"temperature":0.50,"stop":["a"]}}""",
            """{"model":"tiny","system":"Be brief.","options":{"temperature":0.50,"stop":["a"]}}""" },
        { """{"prompt":"\u00e9","format":{"type":"object"},"think":"high","keep_alive":-1}""",
            """{"format":{"type":"object"},"think":"high","keep_alive":-1}""" },
        { $$"""{"prompt":"x","images":["{{Picture}}","AAAA","AAA=","AA=="],"raw":true}""",
            """{"images":[{"bytes":70},{"bytes":3},{"bytes":2},{"bytes":1}],"raw":true}""" },
        { """{"prompt":"x","suffix":"y","template":"{{ .Prompt }}","stream":false,"unknown":[1, 2]}""",
            """{"suffix":"y","template":"{{ .Prompt }}","unknown":[1, 2]}""" },
        { """{"prompt":"x","priority":3,"max_attempts":2,"timeout":7.5,"expires_in":3600,"metadata":{"a":1}}""", "{}" },
    };

    public static TheoryData<string, string, string?> Calls => new()
    {
        { "/api/generate", """{"model":"llama3.2","prompt":"x","system":"s","options":{"num_predict":2},"format":"json"}""",
            """{"model":"llama3.2","prompt":"x","system":"s","options":{"num_predict":2},"format":"json"}""" },
        { "/api/generate", $$"""{ "model": "llama3.2", "prompt": "x", "images": [ "{{Picture}}" ] }""",
            """{ "model": "llama3.2", "prompt": "x", "images": [ {"bytes":70} ] }""" },
        { "/api/chat",
            """{"model":"llama3.2","messages":[{"role":"system","content":"s"},"""
                + $$"""{"role":"user","content":"x","Images":["{{Picture}}"]}],"stream":false}""",
            """{"model":"llama3.2","messages":[{"role":"system","content":"s"},"""
                + """{"role":"user","content":"x","Images":[{"bytes":70}]}],"stream":false}""" },
        { "/v1/chat/completions",
            """{"model":"llama3.2","messages":[{"role":"user","content":[{"type":"text","text":"data:"},"""
                + $$$"""{"type":"image_url","image_url":{"url":"data:image/png;base64,{{{Picture}}}"}},"""
                + """{"type":"input_audio","input_audio":{"data":"AAAA","format":"wav"}}]}]}""",
            """{"model":"llama3.2","messages":[{"role":"user","content":[{"type":"text","text":"data:"},"""
                + """{"type":"image_url","image_url":{"url":{"media_type":"image/png","bytes":70}}},"""
                + """{"type":"input_audio","input_audio":{"data":{"bytes":3},"format":"wav"}}]}]}""" },
        { "/v1/messages",
            """{"model":"llama3.2","max_tokens":9,"messages":[{"role":"user","content":["""
                + $$$"""{"type":"image","source":{"type":"base64","media_type":"image/png","data":"{{{Picture}}}"}},"""
                + """{"type":"text","text":"x"}]}],"tools":[{"name":"t","input_schema":{"data":"kept"}}]}""",
            """{"model":"llama3.2","max_tokens":9,"messages":[{"role":"user","content":["""
                + """{"type":"image","source":{"type":"base64","media_type":"image/png","data":{"bytes":70}}},"""
                + """{"type":"text","text":"x"}]}],"tools":[{"name":"t","input_schema":{"data":"kept"}}]}""" },
        { "/api/embed", """{"model":"llama3.2","input":["a","b"]}""", """{"model":"llama3.2","input":["a","b"]}""" },
        { "/api/chat", "\uFEFF{\"model\":\"llama3.2\",\"messages\":[]}", """{"model":"llama3.2","messages":[]}""" },
        { "/api/chat", """{"model":"llama3.2","messages":[{"role":"user","content":"\ud83d"}]}""",
            """{"model":"llama3.2","messages":[{"role":"user","content":"\ud83d"}]}""" },
        { "/api/generate", "no JSON", null },
        { "/api/generate", "[1]", null },
        { "/api/generate", "", null },
    };

    public Task InitializeAsync() => Task.CompletedTask;

    /// <summary>What one test left in the queue would be among the last requests at which the next one looks.</summary>
    public Task DisposeAsync() => Proxy.IdleAsync();

    [Theory]
    [MemberData(nameof(Submissions))]
    public async Task A_whole_prompt_shows_all_that_was_submitted(string body, string expected)
    {
        var id = await SubmitAsync(body);
        var raw = await Proxy.Client.GetStringAsync($"/api/v1/prompt/{id}");
        Assert.Contains($"\"request\":{expected},", raw, StringComparison.Ordinal);

        var (whole, sent) = (JsonSerializer.Deserialize<JsonElement>(raw), JsonSerializer.Deserialize<JsonElement>(body));
        Assert.Equal(sent.GetProperty("prompt").GetString(), whole.GetProperty("prompt").GetString());
        foreach (var name in new[] { "priority", "max_attempts", "timeout", "metadata" })
            if (sent.TryGetProperty(name, out var value))
                Assert.Equal(value.GetRawText(), whole.GetProperty(name).GetRawText());
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task A_whole_prompt_shows_the_body_of_a_call_with_pictures_by_their_size(string path, string body, string? expected)
    {
        using var response = await CallAsync(path, body);
        var raw = await Proxy.Client.GetStringAsync($"/api/v1/prompt/{response.Headers.GetValues("X-Prompt-Id").Single()}");
        if (expected is not null)
            Assert.Contains($"\"request\":{expected},", raw, StringComparison.Ordinal);
        else
            Assert.False(JsonSerializer.Deserialize<JsonElement>(raw).TryGetProperty("request", out _));
    }

    [Theory]
    [InlineData(9_000)]
    [InlineData(100)]
    public async Task A_body_that_is_as_deep_as_Ollama_takes_it_is_shown(int depth)
    {
        var deep = string.Concat(Enumerable.Repeat("[", depth)) + string.Concat(Enumerable.Repeat("]", depth));
        using var response = await CallAsync("/api/generate", $$"""{"model":"llama3.2","prompt":"x","deep":{{deep}},"images":["AAAA"]}""");
        var raw = await Proxy.Client.GetStringAsync($"/api/v1/prompt/{response.Headers.GetValues("X-Prompt-Id").Single()}");
        Assert.Contains($"{deep},\"images\":[{{\"bytes\":3}}]}}", raw, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Submissions))]
    public async Task What_was_submitted_is_sent_to_Ollama_byte_for_byte_when_it_is_repeated(string body, string _)
    {
        var first = await SubmitAsync(body);
        await Proxy.ResultAsync(first);

        var second = await RepeatAsync(first);

        Assert.NotEqual(first, second);
        await Proxy.ResultAsync(second);
        var sent = Proxy.Ollama.Requests.All.TakeLast(2).Select(request => Encoding.UTF8.GetString(request.Body.Span)).ToList();
        Assert.Equal(sent[0].Replace("""{"model":"llama3.2",""", "{", StringComparison.Ordinal),
            sent[1].Replace("\"model\":\"llama3.2\",", "", StringComparison.Ordinal));
        var (whole, again) = (await Proxy.GetAsync($"/api/v1/prompt/{first}"), await Proxy.GetAsync($"/api/v1/prompt/{second}"));
        foreach (var name in new[] { "prompt", "model", "priority", "max_attempts", "timeout", "metadata" })
            Assert.Equal(TextOf(whole, name), TextOf(again, name));
        Assert.Equal(whole.TryGetProperty("expires_at", out var _), again.TryGetProperty("expires_at", out var _));
    }

    [Theory]
    [InlineData("/api/chat",
        """{"model":"llama3.2","messages":[{"role":"system","content":"s"},"""
        + """{"role":"user","content":"x","images":["AAAA"]}],"stream":true}""")]
    [InlineData("/api/generate", """{"model":"tiny","prompt":"x","options":{"num_predict":2},"stream":false}""")]
    [InlineData("/v1/chat/completions", """{"model":"llama3.2","messages":[{"role":"user","content":"x"}]}""")]
    [InlineData("/api/embed", """{"model":"llama3.2","input":["a","b"]}""")]
    public async Task A_call_is_sent_to_Ollama_as_it_came_when_it_is_repeated(string path, string body)
    {
        using var response = await CallAsync(path, body);

        var second = await RepeatAsync(response.Headers.GetValues("X-Prompt-Id").Single());

        Assert.Equal("completed", (await Proxy.ResultAsync(second)).GetProperty("status").GetString());
        Assert.Equal([body, body], Proxy.Ollama.Requests.All.TakeLast(2).Select(request => Encoding.UTF8.GetString(request.Body.Span)));
        Assert.Equal(path, (await Proxy.StatusAsync(second)).GetProperty("endpoint").GetString());
        using var again = await Proxy.Client.GetAsync($"/api/v1/prompt/{second}/response");
        Assert.Equal(HttpStatusCode.OK, again.StatusCode);
    }

    [Fact]
    public async Task Changes_take_the_place_of_what_was_sent_and_null_leaves_it_out()
    {
        var first = await SubmitAsync(
            """{"prompt":"first","model":"tiny","system":"s","format":"json","images":["AAAA"]"""
            + ""","options":{"seed":1},"priority":4,"timeout":60}""");

        var second = await RepeatAsync(first, """{"prompt":"second","system":null,"options":{"seed":2},"priority":5,"timeout":null}""");

        await Proxy.ResultAsync(second);
        Assert.Equal("""{"prompt":"second","model":"tiny","format":"json","images":["AAAA"],"options":{"seed":2},"stream":true}""",
            Encoding.UTF8.GetString(Proxy.Ollama.Requests.All[^1].Body.Span));
        var whole = await Proxy.GetAsync($"/api/v1/prompt/{second}");
        Assert.Equal(("5", "second", null), (TextOf(whole, "priority"), TextOf(whole, "prompt"), TextOf(whole, "timeout")));
    }

    [Theory]
    [InlineData("""{"prompt":null}""", "'prompt' is missing")]
    [InlineData("""{"prompt":" "}""", "'prompt' is blank")]
    [InlineData("""{"priority":101}""", "101")]
    [InlineData("""{"images":"x"}""", "'images'")]
    [InlineData("[]", "an array")]
    [InlineData("5", "a number")]
    [InlineData("{", "not valid JSON")]
    public async Task A_change_that_is_no_good_gets_a_problem(string changes, string named)
    {
        var id = await SubmitAsync("""{"prompt":"first"}""");
        using var response = await PostRepeatAsync(id, changes);
        Assert.Contains(named, (await Problem.OfAsync(response, 400)).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_call_cannot_be_changed_and_what_is_not_there_cannot_be_repeated()
    {
        using var call = await CallAsync("/api/chat", """{"model":"llama3.2","messages":[]}""");
        using var response = await PostRepeatAsync(call.Headers.GetValues("X-Prompt-Id").Single(), """{"model":"tiny"}""");
        Assert.Contains("'model' cannot be changed", (await Problem.OfAsync(response, 400)).Error, StringComparison.Ordinal);

        foreach (var id in new[] { Guid.NewGuid().ToString(), "nope" })
        {
            using var unknown = await PostRepeatAsync(id);
            await Problem.OfAsync(unknown, 404);
        }
    }

    [Fact]
    public async Task A_repetition_with_a_key_is_made_once()
    {
        var id = await SubmitAsync("""{"prompt":"first"}""");
        var (key, answers) = (Guid.NewGuid().ToString(), new List<string>());
        for (var time = 0; time < 2; time++)
        {
            using var response = await PostRepeatAsync(id, key: key);
            answers.Add((await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!);
        }
        Assert.Equal(answers[0], answers[1]);
        using var other = await PostRepeatAsync(await SubmitAsync("""{"prompt":"other"}"""), key: key);
        await Problem.OfAsync(other, 422);
    }

    private static string? TextOf(JsonElement whole, string name) => whole.TryGetProperty(name, out var value) ? value.ToString() : null;

    private async Task<string> SubmitAsync(string body)
    {
        using var response = await Proxy.Client.PostAsync("/api/v1/prompt", new StringContent(body, Encoding.UTF8, "application/json"));
        return (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!;
    }

    private async Task<HttpResponseMessage> CallAsync(string path, string body) =>
        await Proxy.Client.PostAsync(path, new StringContent(body, Encoding.UTF8, "application/json"));

    private async Task<string> RepeatAsync(string id, string? changes = null)
    {
        using var response = await PostRepeatAsync(id, changes);
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>();
        Assert.True(response.StatusCode == HttpStatusCode.Accepted, answer.ToString());
        Assert.Equal($"/api/v1/prompt/{answer.GetProperty("id").GetString()}/status", response.Headers.Location?.OriginalString);
        return answer.GetProperty("id").GetString()!;
    }

    private async Task<HttpResponseMessage> PostRepeatAsync(string id, string? changes = null, string? key = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/v1/prompt/{id}/repeat");
        request.Content = changes is null ? null : new StringContent(changes, Encoding.UTF8, "application/json");
        if (key is not null)
            request.Headers.Add("Idempotency-Key", key);
        return await Proxy.Client.SendAsync(request);
    }

    public sealed class OnServer(ServerFixture fixture) : SentRequestTests(fixture), IClassFixture<ServerFixture>;

    public sealed class OnFunctions(FunctionsFixture fixture) : SentRequestTests(fixture), IClassFixture<FunctionsFixture>;
}
