using System.Text;
using System.Text.Json;

namespace OllamaProxy.Tests.Simulator;

/// <summary>
/// Requests and answers that were recorded from Ollama 0.33.0-rc2. Of a stream only the first lines and the last are here. Only
/// the recorded models could not embed, where the Simulator's can.
/// </summary>
public sealed class TranscriptTests() : SimulatorTest(new() { Models = ["slow", "tiny"] })
{
    private const string Json = "application/json; charset=utf-8";
    private const string Lines = "application/x-ndjson";
    private const string Translated = "application/json";
    private const string Events = "text/event-stream";

    [Theory]
    [InlineData("GET /", null, 200, "text/plain; charset=utf-8", "Ollama is running")]
    [InlineData("GET /api/version", null, 200, Json, """{"version":"0.33.0-rc2"}""")]
    [InlineData("GET /api/tags", null, 200, Json,
        """{"models":[{"name":"slow:latest","model":"slow:latest","modified_at":"2026-11-23T07:04:03.075057695Z","size":234595823,"digest":"21bb94895092","details":{"parent_model":"","format":"gguf","family":"llama","families":["llama"],"parameter_size":"58.47M","quantization_level":"unknown","context_length":2048,"embedding_length":512},"capabilities":["completion"]},{"name":"tiny:latest","model":"tiny:latest","modified_at":"2026-11-23T07:04:01.248481807Z","size":34806670,"digest":"b16c52bdd3d1","details":{"parent_model":"","format":"gguf","family":"llama","families":["llama"],"parameter_size":"8.52M","quantization_level":"unknown","context_length":2048,"embedding_length":128},"capabilities":["completion"]}]}""")]
    [InlineData("POST /api/generate", """{"model":"tiny","prompt":"hello","stream":false,"options":{"num_predict":12}}""", 200, Json,
        """{"model":"tiny","created_at":"2026-11-23T07:04:22.060086885Z","response":" weights pissites","done":true,"done_reason":"length","context":[22172,29871],"total_duration":19248700,"load_duration":1303439,"prompt_eval_count":3,"prompt_eval_duration":1812000,"eval_count":12,"eval_duration":12993000}""")]
    [InlineData("POST /api/generate", """{"model":"tiny","prompt":"hello","options":{"num_predict":5,"seed":1}}""", 200, Lines,
        """
        {"model":"tiny","created_at":"2026-11-23T07:04:22.093676528Z","response":" install","done":false}
        {"model":"tiny","created_at":"2026-11-23T07:04:22.097595208Z","response":"","done":true,"done_reason":"length","context":[22172,29871],"total_duration":15836194,"load_duration":1995286,"prompt_eval_count":3,"prompt_eval_duration":7112000,"eval_count":5,"eval_duration":4355000}

        """)]
    [InlineData("POST /api/chat",
        """{"model":"tiny","messages":[{"role":"user","content":"hi"}],"stream":false,"options":{"num_predict":8}}""", 200, Json,
        """{"model":"tiny","created_at":"2026-11-23T07:04:22.122479011Z","message":{"role":"assistant","content":"missing Jas"},"done":true,"done_reason":"length","total_duration":9038932,"load_duration":991970,"prompt_eval_count":3,"prompt_eval_duration":1234000,"eval_count":8,"eval_duration":4801000}""")]
    [InlineData("POST /api/chat", """{"model":"tiny","messages":[{"role":"user","content":"hi"}],"options":{"num_predict":4,"seed":1}}""",
        200, Lines,
        """
        {"model":"tiny","created_at":"2026-11-23T07:04:22.148640711Z","message":{"role":"assistant","content":"gio"},"done":false}
        {"model":"tiny","created_at":"2026-11-23T07:04:22.151613505Z","message":{"role":"assistant","content":""},"done":true,"done_reason":"length","total_duration":11702574,"load_duration":1150837,"prompt_eval_count":3,"prompt_eval_duration":5805000,"eval_count":4,"eval_duration":2752000}

        """)]
    [InlineData("POST /api/generate", """{"model":"nosuch","prompt":"x"}""", 404, Json, """{"error":"model 'nosuch' not found"}""")]
    [InlineData("POST /api/chat", """{"model":"nosuch","messages":[{"role":"user","content":"hi"}]}""", 404, Json,
        """{"error":"model 'nosuch' not found"}""")]
    [InlineData("POST /api/generate", """{"model":"tiny",""", 400, Json, """{"error":"unexpected EOF"}""")]
    [InlineData("POST /api/generate", null, 400, Json, """{"error":"missing request body"}""")]
    [InlineData("POST /api/generate", """{"prompt":"x"}""", 404, Json, """{"error":"model '' not found"}""")]
    [InlineData("POST /api/chat", """{"messages":[{"role":"user","content":"hi"}]}""", 400, Json, """{"error":"model is required"}""")]
    [InlineData("POST /api/generate", """{"model":"tiny"}""", 200, Json,
        """{"model":"tiny","created_at":"2026-11-23T07:04:22.246219038Z","response":"","done":true,"done_reason":"load"}""")]
    [InlineData("POST /api/chat", """{"model":"tiny"}""", 200, Json,
        """{"model":"tiny","created_at":"2026-11-23T07:04:22.259892823Z","message":{"role":"assistant","content":""},"done":true,"done_reason":"load"}""")]
    [InlineData("POST /api/generate", """{"model":"tiny","prompt":5}""", 400, Json,
        """{"error":"json: cannot unmarshal number into Go struct field GenerateRequest.prompt of type string"}""")]
    [InlineData("POST /api/generate", """{"model":"tiny","prompt":"x","options":{"num_predict":"many"}}""", 500, Json,
        """{"error":"option \"num_predict\" must be of type integer"}""")]
    [InlineData("GET /api/generate", null, 405, "text/plain", "405 method not allowed")]
    [InlineData("GET /api/nothing", null, 404, "text/plain", "404 page not found")]
    [InlineData("POST /api/generate", """{"model":"tiny","keep_alive":0}""", 200, Json,
        """{"model":"tiny","created_at":"2026-11-23T07:04:22.340081092Z","response":"","done":true,"done_reason":"unload"}""")]
    [InlineData("HEAD /", null, 200, "text/plain; charset=utf-8", "", 17)]
    [InlineData("GET /api/version", null, 403, null, "", 0, "Origin: http://evil.example")]
    [InlineData("GET /api/version", null, 403, null, "", 0, "Host: evil.example")]
    [InlineData("POST /api/generate", """{"model":"tiny","prompt":"hello","stream":false,"options":{"num_predict":3}}""", 200, Json,
        """{"model":"tiny","created_at":"2026-11-23T07:04:23.901266562Z","response":" bereitsAST","done":true,"done_reason":"length","context":[22172,29871],"total_duration":6463380,"load_duration":1212799,"prompt_eval_count":3,"prompt_eval_duration":1192000,"eval_count":3,"eval_duration":1728000}""",
        null, "Transfer-Encoding: chunked")]
    [InlineData("POST /v1/chat/completions", """{"model":"tiny","messages":[{"role":"user","content":"hi"}],"max_tokens":8}""", 200,
        Translated,
        """
        {"id":"chatcmpl-334","object":"chat.completion","created":1795417463,"model":"tiny","system_fingerprint":"fp_ollama","choices":[{"index":0,"message":{"role":"assistant","content":" resol inserwhile"},"finish_reason":"length"}],"usage":{"prompt_tokens":3,"completion_tokens":8,"total_tokens":11}}

        """)]
    [InlineData("POST /v1/chat/completions",
        """{"model":"tiny","messages":[{"role":"user","content":"hi"}],"max_tokens":2,"stream":true}""", 200, Events,
        """
        data: {"id":"chatcmpl-259","object":"chat.completion.chunk","created":1795417463,"model":"tiny","system_fingerprint":"fp_ollama","choices":[{"index":0,"delta":{"role":"assistant","content":" vb"},"finish_reason":null}]}

        data: {"id":"chatcmpl-259","object":"chat.completion.chunk","created":1795417463,"model":"tiny","system_fingerprint":"fp_ollama","choices":[{"index":0,"delta":{"content":"Function"},"finish_reason":null}]}

        data: {"id":"chatcmpl-259","object":"chat.completion.chunk","created":1795417463,"model":"tiny","system_fingerprint":"fp_ollama","choices":[{"index":0,"delta":{},"finish_reason":"length"}]}

        data: [DONE]


        """)]
    [InlineData("POST /v1/chat/completions",
        """{"model":"tiny","messages":[{"role":"user","content":"hi"}],"max_tokens":1,"stream":true,"stream_options":{"include_usage":true}}""", 200, Events,
        """
        data: {"id":"chatcmpl-194","object":"chat.completion.chunk","created":1795417463,"model":"tiny","system_fingerprint":"fp_ollama","choices":[{"index":0,"delta":{"role":"assistant","content":"ane"},"finish_reason":null}]}

        data: {"id":"chatcmpl-194","object":"chat.completion.chunk","created":1795417463,"model":"tiny","system_fingerprint":"fp_ollama","choices":[{"index":0,"delta":{},"finish_reason":"length"}]}

        data: {"id":"chatcmpl-194","object":"chat.completion.chunk","created":1795417463,"model":"tiny","system_fingerprint":"fp_ollama","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}}

        data: [DONE]


        """)]
    [InlineData("POST /v1/chat/completions", """{"model":"nosuch","messages":[{"role":"user","content":"hi"}]}""", 404, Translated,
        """
        {"error":{"message":"model 'nosuch' not found","type":"not_found_error","param":null,"code":null}}

        """)]
    [InlineData("POST /v1/chat/completions", """{"model":""", 400, Json,
        """{"error":{"message":"unexpected EOF","type":"invalid_request_error","param":null,"code":null}}""")]
    [InlineData("POST /v1/chat/completions", """{"model":"tiny"}""", 400, Json,
        """{"error":{"message":"[] is too short - 'messages'","type":"invalid_request_error","param":null,"code":null}}""")]
    [InlineData("GET /v1/models", null, 200, Translated,
        """
        {"object":"list","data":[{"id":"slow:latest","object":"model","created":1795417443,"owned_by":"library"},{"id":"tiny:latest","object":"model","created":1795417441,"owned_by":"library"}]}

        """)]
    [InlineData("POST /v1/completions", """{"model":"tiny","prompt":"hi","max_tokens":5}""", 200, Translated,
        """
        {"id":"cmpl-21","object":"text_completion","created":1795417463,"model":"tiny","system_fingerprint":"fp_ollama","choices":[{"text":" vb para Accept SU maps","index":0,"finish_reason":"length"}],"usage":{"prompt_tokens":3,"completion_tokens":5,"total_tokens":8}}

        """)]
    [InlineData("POST /v1/messages", """{"model":"tiny","max_tokens":5,"messages":[{"role":"user","content":"hi"}]}""", 200, Translated,
        """
        {"id":"msg_e4c419d85117d4db0befd3d3","type":"message","role":"assistant","model":"tiny","content":[{"type":"text","text":" namelyiningRI` missing"}],"stop_reason":"max_tokens","usage":{"input_tokens":3,"output_tokens":5}}

        """)]
    [InlineData("DELETE /api/delete", """{"model":"nosuch"}""", 404, Json, """{"error":"model 'nosuch' not found"}""")]
    [InlineData("POST /api/show", """{"model":"nosuch"}""", 404, Json, """{"error":"model 'nosuch:latest' not found"}""")]
    public async Task An_answer_is_as_Ollama_gives_it(
        string line, string? body, int status, string? contentType, string recorded, int? length = null, string? header = null)
    {
        using var request = new HttpRequestMessage(new(line.Split(' ')[0]), line.Split(' ')[1]);
        if (body is not null) request.Content = new StringContent(body);
        if (header is not null) request.Headers.Add(header.Split(": ")[0], header.Split(": ")[1]);

        using var response = await Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Patience);

        Assert.Equal((status, contentType), ((int)response.StatusCode, response.Content.Headers.ContentType?.ToString()));
        Assert.Equal(status == 405 ? ["POST"] : [], response.Content.Headers.Allow);
        var (announced, chunked) = (response.Content.Headers.ContentLength, response.Headers.TransferEncodingChunked);
        var answer = await response.Content.ReadAsByteArrayAsync(Patience);
        Assert.Equal(contentType is Lines or Events ? (null, true) : (length ?? answer.Length, null), (announced, chunked));
        Assert.Equal(ShapeOf(recorded), ShapeOf(Encoding.UTF8.GetString(answer)));
    }

    [Fact]
    public async Task A_page_of_a_known_origin_may_ask_and_read()
    {
        using var preflight = new HttpRequestMessage(HttpMethod.Options, "/api/generate")
        {
            Headers = { { "Origin", "http://localhost:3000" }, { "Access-Control-Request-Method", "POST" } },
        };
        using var allowed = await Client.SendAsync(preflight, Patience);
        var names = allowed.Headers.ToDictionary(header => header.Key, header => string.Join(';', header.Value));
        Assert.Equal((204, "POST"), ((int)allowed.StatusCode, string.Join(',', allowed.Content.Headers.Allow)));
        Assert.Equal(
            ("http://localhost:3000", "GET,POST,PUT,PATCH,DELETE,HEAD,OPTIONS", "43200",
                "Origin;Access-Control-Request-Method;Access-Control-Request-Headers"),
            (names["Access-Control-Allow-Origin"], names["Access-Control-Allow-Methods"], names["Access-Control-Max-Age"], names["Vary"]));
        Assert.StartsWith("Authorization,Content-Type,User-Agent", names["Access-Control-Allow-Headers"], StringComparison.Ordinal);

        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/version") { Headers = { { "Origin", "http://localhost:3000" } } };
        using var answer = await Client.SendAsync(request, Patience);
        Assert.Equal(["http://localhost:3000"], answer.Headers.GetValues("Access-Control-Allow-Origin"));
    }

    [Fact]
    public async Task A_model_is_running_until_it_is_unloaded()
    {
        const string Recorded = """{"models":[{"name":"tiny:latest","model":"tiny:latest","size":40506490,"digest":"b16c52bdd3d1","details":{"parent_model":"","format":"gguf","family":"llama","families":["llama"],"parameter_size":"8.52M","quantization_level":"unknown"},"expires_at":"2026-11-23T07:09:22.260020383Z","size_vram":0,"context_length":2048}]}""";

        (await PostAsync("/api/chat", """{"model":"tiny"}""")).Dispose();
        Assert.Equal(ShapeOf(Recorded), ShapeOf(await Client.GetStringAsync("/api/ps", Patience)));

        (await PostAsync("/api/generate", """{"model":"tiny","keep_alive":0}""")).Dispose();
        Assert.Equal("""{"models":[]}""", await Client.GetStringAsync("/api/ps", Patience));
    }

    /// <summary>
    /// What must be the same: all of an error or a plain text; else the lines' framing, names, their order and the kinds of the values.
    /// </summary>
    private static string ShapeOf(string body)
    {
        if (body.StartsWith("{\"error\"", StringComparison.Ordinal)) return body;
        var shapes = body.Split('\n').Select(line => line.IndexOf('{', StringComparison.Ordinal) is >= 0 and var start
            ? line[..start] + ShapeOf("", JsonElement.Parse(line[start..]))
            : line).ToList();
        return string.Join('\n', shapes.Where((shape, i) => !shapes.Take(i).Contains(shape) || shape == ""));
    }

    private static string ShapeOf(string name, JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object =>
            $"{{{string.Join(',', value.EnumerateObject().Select(part => part.Name + ShapeOf(part.Name, part.Value)))}}}",
        JsonValueKind.Array => $"[{string.Join(',', value.EnumerateArray().Select(part => ShapeOf("", part)).Distinct())}]",
        JsonValueKind.Number => value.TryGetInt64(out _) ? "integer" : "fraction",
        JsonValueKind.String when name is "name" or "model" or "role" or "type" or "object" or "owned_by" => value.GetString()!,
        JsonValueKind.String when name is "done_reason" && value.GetString() is not ("stop" or "length") => value.GetString()!,
        JsonValueKind.String => value.TryGetDateTimeOffset(out _) && value.GetString()!.EndsWith('Z') ? "time" : "text",
        var kind => kind.ToString(),
    };
}
