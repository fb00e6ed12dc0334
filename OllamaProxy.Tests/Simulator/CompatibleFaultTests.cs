using System.Text;
using OllamaProxy.Simulator.Faults;

namespace OllamaProxy.Tests.Simulator;

/// <summary>Faults on the way through each API that runs a model.</summary>
public sealed class CompatibleFaultTests : SimulatorTest
{
    private const string OpenAIError = """{"error":{"message":"boom","type":"api_error","param":null,"code":null}}""";
    private const string AnthropicError = """{"type":"error","error":{"type":"{type}","message":"boom"},"request_id":"req_?"}""";

    public static TheoryData<string, string> Requests => new()
    {
        { "/api/chat", """ "messages":[{"role":"user","content":"hi"}] """ },
        { "/api/embed", """ "input":"hi" """ },
        { "/api/embeddings", """ "prompt":"hi" """ },
        { "/v1/chat/completions", """ "messages":[{"role":"user","content":"hi"}] """ },
        { "/v1/completions", """ "prompt":"hi" """ },
        { "/v1/embeddings", """ "input":"hi" """ },
        { "/v1/responses", """ "input":"hi" """ },
        { "/v1/messages", """ "max_tokens":9,"messages":[{"role":"user","content":"hi"}] """ },
    };

    [Theory]
    [MemberData(nameof(Requests))]
    public async Task An_error_has_the_shape_of_the_API(string path, string fields)
    {
        Ollama.Faults.Enqueue(Fault.Status(503, "boom", retryAfterSeconds: 7));
        using var response = await AskAsync(path, fields, stream: true);
        Assert.Equal((503, "7"), ((int)response.StatusCode, response.Headers.RetryAfter?.ToString()));
        Assert.Equal(ErrorOf(path, "overloaded_error"), await ReadAsync(response));

        Ollama.Faults.Enqueue(Fault.ErrorLine(1, "boom"));
        using var whole = await AskAsync(path, fields, stream: false);
        Assert.Equal((500, ErrorOf(path, "api_error")), ((int)whole.StatusCode, await ReadAsync(whole)));
    }

    [Theory]
    [MemberData(nameof(Requests))]
    public async Task The_fault_that_is_next_happens_and_the_log_has_the_request_with_its_headers(string path, string fields)
    {
        Ollama.Faults.Enqueue(Fault.Refuse);
        Ollama.Faults.Enqueue(Fault.Cut(1), times: 2);
        await Assert.ThrowsAsync<HttpRequestException>(() => AskAsync(path, fields, stream: true));
        foreach (var stream in new[] { true, false })
        {
            using var cut = await AskAsync(path, fields, stream);
            await Assert.ThrowsAnyAsync<IOException>(async () =>
                await (await cut.Content.ReadAsStreamAsync(Patience)).CopyToAsync(Stream.Null, Patience));
        }

        Assert.Equal((3, 0, 0), (Ollama.Requests.Count, Ollama.Requests.Running, Ollama.Faults.Count));
        Assert.All(Ollama.Requests.All, request => Assert.Equal((path, "mine"), (request.Path, request.Headers["x-api-key"])));
    }

    [Theory]
    [InlineData("/v1/chat/completions", """ "messages":[{"role":"user","content":"hi"}] """, "data: " + OpenAIError)]
    [InlineData("/v1/completions", """ "prompt":"hi" """, "data: " + OpenAIError)]
    [InlineData("/v1/responses", """ "input":"hi" """,
        "event: error\ndata: {\"code\":\"server_error\",\"message\":\"boom\",\"param\":null,\"sequence_number\":5,\"type\":\"error\"}")]
    [InlineData("/v1/messages", """ "max_tokens":9,"messages":[{"role":"user","content":"hi"}] """,
        "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"api_error\",\"message\":\"boom\"}}")]
    public async Task An_error_in_the_middle_of_a_stream_is_its_last_event(string path, string fields, string last)
    {
        Ollama.Faults.Enqueue(Fault.ErrorLine(1, "boom"));
        using var response = await AskAsync(path, fields, stream: true);
        var events = (await ReadAsync(response)).Split("\n\n");
        Assert.Equal((200, last), ((int)response.StatusCode, events[^1]));

        Ollama.Faults.Enqueue(Fault.NoDone(1));
        using var unfinished = await AskAsync(path, fields, stream: true);
        Assert.Equal(events.Length - 1, (await ReadAsync(unfinished)).Split("\n\n").Length);
    }

    private static string ErrorOf(string path, string type) => path switch
    {
        "/v1/messages" => AnthropicError.Replace("{type}", type, StringComparison.Ordinal),
        _ when path.StartsWith("/v1/", StringComparison.Ordinal) => OpenAIError,
        _ => """{"error":"boom"}""",
    };

    private Task<HttpResponseMessage> AskAsync(string path, string fields, bool stream)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Content = new StringContent($$"""{"model":"tiny","stream":{{(stream ? "true" : "false")}},{{fields}}}""", Encoding.UTF8,
                "application/json"),
            Headers = { { "X-Api-Key", "mine" } },
        };
        return Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Patience);
    }

    private async Task<string> ReadAsync(HttpResponseMessage response)
    {
        var body = (await response.Content.ReadAsStringAsync(Patience)).TrimEnd();
        var id = body.IndexOf("\"req_", StringComparison.Ordinal);
        return id < 0 ? body : body[..(id + 5)] + "?" + body[(id + 29)..];
    }
}
