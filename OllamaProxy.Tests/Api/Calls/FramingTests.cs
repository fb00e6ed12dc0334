using System.Net;
using System.Text;
using OllamaProxy.Tests.Support;
using OllamaProxy.Tests.Support.Backends;

namespace OllamaProxy.Tests.Api.Calls;

/// <summary>Answers that are as they should be, under media types that are not.</summary>
public sealed class FramingTests
{
    private const string Ndjson = """{"message":{"role":"assistant","content":"one "},"done":false}"""
        + "\n" + """{"message":{"role":"assistant","content":"two"},"done":true,"done_reason":"stop"}""" + "\n";
    private const string Whole = """{"message":{"role":"assistant","content":"one two"},"done":true,"done_reason":"stop"}""";
    private const string Pretty =
        "{\n  \"message\": {\n    \"content\": \"one two\"\n  },\n  \"done\": true,\n  \"done_reason\": \"stop\"\n}\n";
    private const string Events = "data: {\"choices\":[{\"delta\":{\"content\":\"one \"}}]}\n\n"
        + "data: {\"choices\":[{\"delta\":{\"content\":\"two\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
    private const string Chat = "/api/chat";
    private const string Completions = "/v1/chat/completions";

    public static TheoryData<string, string, string?> Answers
    {
        get
        {
            var answers = new TheoryData<string, string, string?>();
            foreach (var type in new[] { "application/x-ndjson", "application/json", "application/json; charset=utf-8", "text/plain",
                "text/event-stream", "application/octet-stream", "text/html", null })
            {
                answers.Add(Chat, Ndjson, type);
                answers.Add(Chat, Ndjson.TrimEnd(), type);
                answers.Add(Chat, Ndjson.Replace("\n", "\r\n\r\n", StringComparison.Ordinal), type);
                answers.Add(Chat, Whole, type);
                answers.Add(Chat, Whole + "\n", type);
                answers.Add(Chat, Pretty, type);
                answers.Add(Completions, Events, type);
                answers.Add(Completions, ": welcome\n\n" + Events, type);
                answers.Add(Completions, "event: message\n" + Events, type);
            }
            return answers;
        }
    }

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task A_good_answer_is_known_by_its_body_and_never_asked_for_twice(string path, string body, string? type)
    {
        await using var ollama = await RawOllama.StartAsync(async call =>
        {
            call.Context.Response.ContentType = type;
            foreach (var piece in body.Chunk(7))
                await call.SendAsync(Encoding.UTF8.GetBytes(piece));
        });
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Server, null, ("OLLAMA_URL", ollama.Url));

        using var response = await proxy.Client.SendAsync(
            CallTests.Post(path, """{"model":"tiny","messages":[{"role":"user","content":"hi"}]}"""));

        Assert.Equal((HttpStatusCode.OK, body), (response.StatusCode, await response.Content.ReadAsStringAsync()));
        var result = await proxy.ResultAsync(CallTests.IdOf(response));
        Assert.Equal(("completed", "one two", "stop"),
            (CallTests.Text(result, "status"), CallTests.Text(result, "result"), CallTests.Text(result, "done_reason")));
        Assert.Equal(1, ollama.Requests);
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("text/plain")]
    [InlineData("text/event-stream")]
    public async Task Lines_reach_the_client_as_they_come_whatever_they_are_called(string type)
    {
        var go = new TaskCompletionSource();
        await using var ollama = await RawOllama.StartAsync(async call =>
        {
            call.Context.Response.ContentType = type;
            for (var token = 0; token < 3; token++)
                await call.SendAsync(RawOllama.Line($"{token}"));
            await go.Task.WaitAsync(call.Gone);
            await call.SendAsync(RawOllama.Line("", done: true));
        });
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Server, null, ("OLLAMA_URL", ollama.Url));

        using var response = await proxy.Client.SendAsync(CallTests.Post("/api/generate", """{"model":"tiny","prompt":"hi"}"""),
            HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        for (var token = 0; token < 3; token++)
            Assert.Contains($"\"{token}\"", await reader.ReadLineAsync(), StringComparison.Ordinal);
        go.SetResult();
        Assert.Contains("true", await reader.ReadToEndAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"error":"the input length exceeds the context length"}""")]
    [InlineData("""{"error":{"message":"the input length exceeds the context length","type":"invalid_request_error"}}""")]
    public async Task An_error_that_is_answered_with_200_is_an_error(string body)
    {
        await using var ollama = await RawOllama.StartAsync(async call =>
        {
            call.Context.Response.ContentType = "application/json";
            await call.SendAsync(Encoding.UTF8.GetBytes(body));
        });
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Server, null, ("OLLAMA_URL", ollama.Url));

        using var response = await proxy.Client.SendAsync(CallTests.Post(Chat, """{"model":"tiny","messages":[],"stream":false}"""));

        Assert.Equal(body, await response.Content.ReadAsStringAsync());
        var result = await proxy.ResultAsync(CallTests.IdOf(response));
        Assert.Equal(("failed", "the input length exceeds the context length"),
            (CallTests.Text(result, "status"), CallTests.Text(result, "error")));
        Assert.Equal(1, ollama.Requests);
    }
}
