using OllamaProxy.Tests.Support;
using OllamaProxy.Tests.Support.Backends;

namespace OllamaProxy.Tests.Api.Calls;

/// <summary>Errors of Ollama's within a stream, in the shape of each API.</summary>
public sealed class MidStreamErrorTests
{
    private const string Ndjson = "application/x-ndjson";
    private const string Events = "text/event-stream";

    /// <summary>A call, the media type of its answer, a part of that, an error, and what ends a good answer.</summary>
    public static TheoryData<string, string, string, string, string, string> Streams => new()
    {
        {
            "/api/generate", """{"model":"m","prompt":"hi"}""", Ndjson,
            "{\"model\":\"m\",\"response\":\"Hi\",\"done\":false}\n",
            "{\"error\":\"an unknown error was met\"}\n",
            "{\"model\":\"m\",\"response\":\"\",\"done\":true}\n"
        },
        {
            "/api/chat", """{"model":"m","messages":[{"role":"user","content":"hi"}]}""", Ndjson,
            "{\"model\":\"m\",\"message\":{\"role\":\"assistant\",\"content\":\"Hi\"},\"done\":false}\n",
            "{\"error\":\"an unknown error was met\"}\n",
            "{\"model\":\"m\",\"message\":{\"role\":\"assistant\",\"content\":\"\"},\"done\":true}\n"
        },
        {
            "/v1/chat/completions", """{"model":"m","messages":[{"role":"user","content":"hi"}],"stream":true}""", Events,
            "data: {\"id\":\"1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"}}]}\n\n",
            "data: {\"error\":{\"message\":\"an unknown error was met\",\"type\":\"api_error\"}}\n\n: the end\n\n",
            "data: [DONE]\n\n"
        },
        {
            "/v1/completions", """{"model":"m","prompt":"hi","stream":true}""", Events,
            "data: {\"id\":\"1\",\"choices\":[{\"index\":0,\"text\":\"Hi\"}]}\r\n\r\n",
            "data: {\"error\":{\"message\":\"an unknown error was met\",\"type\":\"api_error\"}}\r\n\r\ndata: [DONE]\r\n\r\n",
            "data: [DONE]\r\n\r\n"
        },
        {
            "/v1/messages", """{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"hi"}],"stream":true}""", Events,
            "event: content_block_delta\n"
                + "data: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"Hi\"}}\n\n",
            "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"api_error\",\"message\":\"an unknown error was met\"}}\n\n",
            "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"
        },
        {
            "/v1/responses", """{"model":"m","input":"hi","stream":true}""", Events,
            "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"delta\":\"Hi\"}\n\n",
            "event: response.failed\n"
                + "data: {\"type\":\"response.failed\",\"response\":{\"error\":{\"message\":\"an unknown error was met\"}}}\n\n",
            "event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{}}\n\n"
        },
        {
            "/v1/responses", """{"model":"m","input":"hi","stream":true}""", Events,
            "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"delta\":\"Hi\"}\n\n",
            "event: error\n"
                + "data: {\"type\":\"error\",\"code\":\"server_error\",\"message\":\"an unknown error was met\",\"param\":null}\n\n",
            "event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{}}\n\n"
        },
    };

    [Theory]
    [MemberData(nameof(Streams))]
    public async Task An_error_amid_the_answer_arrives_as_Ollama_sent_it(string path, string body, string type, string part, string error,
        string _)
    {
        var seen = new TaskCompletionSource();
        await using var ollama = await RawOllama.StartAsync(async answer =>
        {
            answer.Context.Response.ContentType = type;
            await answer.SendAsync(part);
            await seen.Task.WaitAsync(answer.Gone);
            await SendInPiecesAsync(answer, error);
        });
        await using var proxy = await StartAsync(ollama);

        using var response = await proxy.Client.SendAsync(CallTests.Post(path, body), HttpCompletionOption.ResponseHeadersRead);
        seen.SetResult();

        Assert.Equal(part + error, await response.Content.ReadAsStringAsync());
        var result = await proxy.ResultAsync(CallTests.IdOf(response));
        Assert.Equal(("failed", "an unknown error was met", "Hi"),
            (CallTests.Text(result, "status"), CallTests.Text(result, "error"), CallTests.Text(result, "partial")));
        Assert.Equal(part + error, await proxy.Client.GetStringAsync($"/api/v1/prompt/{CallTests.IdOf(response)}/response"));
        Assert.Equal(1, ollama.Requests);
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public async Task An_error_that_comes_first_is_tried_again_unseen(string path, string body, string type, string part, string error,
        string end)
    {
        RawOllama? running = null;
        await using var ollama = running = await RawOllama.StartAsync(async answer =>
        {
            answer.Context.Response.ContentType = type;
            if (running!.Requests <= 2)
                await SendInPiecesAsync(answer, error);
            else
                await answer.SendAsync(part + end);
        });
        await using var proxy = await StartAsync(ollama);

        using var response = await proxy.Client.SendAsync(CallTests.Post(path, body));

        Assert.Equal(part + end, await response.Content.ReadAsStringAsync());
        Assert.Equal("completed", CallTests.Text(await proxy.ResultAsync(CallTests.IdOf(response)), "status"));
        Assert.Equal(3, ollama.Requests);
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public async Task An_error_that_comes_together_with_the_first_part_is_tried_again_unseen(string path, string body, string type,
        string part, string error, string end)
    {
        RawOllama? running = null;
        await using var ollama = running = await RawOllama.StartAsync(answer =>
        {
            answer.Context.Response.ContentType = type;
            return answer.SendAsync(part + (running!.Requests == 1 ? error : end));
        });
        await using var proxy = await StartAsync(ollama);

        using var response = await proxy.Client.SendAsync(CallTests.Post(path, body));

        Assert.Equal(part + end, await response.Content.ReadAsStringAsync());
        Assert.Equal("completed", CallTests.Text(await proxy.ResultAsync(CallTests.IdOf(response)), "status"));
        Assert.Equal(2, ollama.Requests);
    }

    /// <summary>Line by line, and the line's end by itself.</summary>
    private static async Task SendInPiecesAsync(RawOllama.Answer answer, string text)
    {
        foreach (var line in text.Split('\n', StringSplitOptions.None)[..^1])
        {
            await answer.SendAsync(line);
            await answer.SendAsync("\n");
        }
    }

    private static Task<RunningProxy> StartAsync(RawOllama ollama) =>
        RunningProxy.StartAsync(ProxyHosts.Server, null, ("OLLAMA_URL", ollama.Url));
}
