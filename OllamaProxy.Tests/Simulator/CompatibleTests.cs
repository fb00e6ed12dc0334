using System.Text.Json;

namespace OllamaProxy.Tests.Simulator;

/// <summary>What is said through the compatible APIs, beyond what the transcripts show.</summary>
public sealed class CompatibleTests : SimulatorTest
{
    private const string Said = "This is the Simulator, not a language model. You asked: \"hello\"";
    private const string Thought = "Nothing here thinks. This only shows where a model would.";
    private const string Schema =
        """{"type":"object","properties":{"city":{"type":"string"},"days":{"type":"integer"},"unit":{"enum":["c","f"]}"""
        + ""","in":{"$ref":"#/$defs/in"}},"$defs":{"in":{"type":"array","items":{"type":"boolean"}}}}""";
    private const string Sample = """{"city":"simulator","days":1,"unit":"c","in":[true]}""";

    [Theory]
    [InlineData("/v1/chat/completions", """ "messages":[{"role":"system","content":"be brief"},{"role":"user","content":"hello"}] """)]
    [InlineData("/v1/chat/completions",
        """ "messages":[{"role":"user","content":[{"type":"text","text":"hel"},{"type":"text","text":"lo"},"""
        + """{"type":"image_url","image_url":{"url":"data:;base64,"}}]}] """)]
    [InlineData("/v1/chat/completions", """ "reasoning_effort":"low","messages":[{"role":"user","content":"hello"}] """, true)]
    [InlineData("/v1/completions", """ "prompt":"hello" """)]
    [InlineData("/v1/responses", """ "input":"hello","instructions":"be brief" """)]
    [InlineData("/v1/responses",
        """ "reasoning":{"effort":"high"},"input":[{"role":"user","content":[{"type":"input_text","text":"hello"}]}] """, true)]
    [InlineData("/v1/messages", """ "max_tokens":99,"system":"be brief","messages":[{"role":"user","content":"hello"}] """)]
    [InlineData("/v1/messages",
        """ "max_tokens":99,"thinking":{"type":"enabled","budget_tokens":9}"""
        + ""","messages":[{"role":"user","content":[{"type":"text","text":"hello"}]}] """, true)]
    public async Task Every_API_says_the_same_whole_and_streamed(string path, string fields, bool thinks = false)
    {
        var expected = new AnswerContent(Said, thinks ? Thought
            : "", "", path == "/v1/messages" ? "end_turn" : path == "/v1/responses" ? "completed" : "stop");
        Assert.Equal(expected, await WholeAsync(path, fields));
        Assert.Equal(expected, await StreamedAsync(path, fields));
    }

    [Theory]
    [InlineData("/api/chat", "\"parameters\":", "stop")]
    [InlineData("/v1/chat/completions", "\"parameters\":", "tool_calls")]
    [InlineData("/v1/responses", "\"parameters\":", "completed")]
    [InlineData("/v1/messages", "\"input_schema\":", "tool_use")]
    public async Task An_order_to_call_the_tool_is_answered_by_a_call_of_the_first_one(string path, string schema, string reason)
    {
        var tool = $$""" "name":"weather",{{schema}}{{Schema}} """;
        if (path is not ("/v1/messages" or "/v1/responses")) tool = $$""" "type":"function","function":{{{tool}}} """;
        var question = path == "/v1/responses" ? "\"input\":\"Call the tool.\""
            : """ "max_tokens":99,"messages":[{"role":"user","content":"Call the tool."}] """;
        var fields = $$"""{{question}},"tools":[{{{tool}}},{"name":"other"}]""";
        var expected = new AnswerContent("", "", $"weather {Sample}", reason);
        Assert.Equal(expected, await WholeAsync(path, fields));
        Assert.Equal(expected, await StreamedAsync(path, fields));

        var other = await WholeAsync(path, fields.Replace("Call the tool.", "hello", StringComparison.Ordinal));
        Assert.Equal((Said, ""), (other.Text, other.Call));
    }

    [Theory]
    [InlineData("/api/generate", """ "prompt":"hello","format":"json" """)]
    [InlineData("/api/chat", """ "messages":[{"role":"user","content":"hello"}],"format":""" + Schema, Sample)]
    [InlineData("/v1/chat/completions", """ "messages":[{"role":"user","content":"hello"}],"response_format":{"type":"json_object"} """)]
    [InlineData("/v1/chat/completions",
        """ "messages":[{"role":"user","content":"hello"}],"response_format":{"type":"json_schema","json_schema":{"name":"it","schema":"""
        + Schema + "}}", Sample)]
    [InlineData("/v1/responses", """ "input":"hello","text":{"format":{"type":"json_schema","name":"it","schema":""" + Schema + "}}",
        Sample)]
    public async Task A_format_is_answered_by_JSON_of_that_format(string path, string fields, string? json = null)
    {
        json ??= $"{{\"answer\":{JsonSerializer.Serialize(Said).Replace("\\u0022", "\\\"", StringComparison.Ordinal)}}}";
        Assert.Equal((json, json), ((await WholeAsync(path, fields)).Text, (await StreamedAsync(path, fields)).Text));
    }

    [Theory]
    [InlineData("/v1/chat/completions", """ "messages":[{"role":"user"}] """, "invalid message content type: <nil>")]
    [InlineData("/v1/chat/completions", """ "messages":5 """,
        "json: cannot unmarshal number into Go struct field ChatCompletionRequest.messages of type []openai.Message")]
    [InlineData("/v1/embeddings", """ "input":[] """, "invalid input")]
    [InlineData("/v1/embeddings", """ "input":"x","encoding_format":"hex" """,
        "Invalid value for 'encoding_format' = hex. Supported values: ['float', 'base64'].")]
    [InlineData("/v1/responses", """ "input":[{"type":"song"}] """, "input[0]: unknown input item type: \"song\"")]
    [InlineData("/v1/messages", """ "messages":[{"role":"user","content":"x"}] """, "max_tokens is required and must be positive")]
    [InlineData("/v1/messages", """ "max_tokens":1 """, "messages is required")]
    public async Task A_request_that_is_none_is_turned_down_in_the_shape_of_its_API(string path, string fields, string message)
    {
        using var response = await PostAsync(path, $$"""{"model":"tiny",{{fields}}}""");
        var error = JsonElement.Parse(await response.Content.ReadAsStringAsync(Patience)).GetProperty("error");
        Assert.Equal("application/json; charset=utf-8", response.Content.Headers.ContentType?.ToString());
        Assert.Equal(
            (400, "invalid_request_error", message),
            ((int)response.StatusCode, error.GetProperty("type").GetString(), error.GetProperty("message").GetString()));
    }

    [Fact]
    public async Task The_events_of_a_response_come_in_their_order_and_are_numbered()
    {
        var events = await EventsAsync("/v1/responses", """ "input":"hello","max_output_tokens":2 """);
        Assert.Equal(
            [
                "response.created", "response.in_progress", "response.output_item.added", "response.content_part.added",
                "response.output_text.delta", "response.output_text.delta", "response.output_text.done", "response.content_part.done",
                "response.output_item.done", "response.completed",
            ],
            events.Select(one => one.Name));
        Assert.Equal(Enumerable.Range(0, events.Count), events.Select(one => one.Data.GetProperty("sequence_number").GetInt32()));
        Assert.All(events, one => Assert.Equal(one.Name, one.Data.GetProperty("type").GetString()));
    }

    [Fact]
    public async Task The_events_of_a_message_come_in_their_order()
    {
        var events = await EventsAsync(
            "/v1/messages", """ "max_tokens":1,"thinking":{"type":"enabled"},"messages":[{"role":"user","content":"hello"}] """);
        Assert.Equal(
            [
                "message_start", "content_block_start", "content_block_delta", "content_block_stop",
                "content_block_start", "content_block_delta", "content_block_stop", "message_delta", "message_stop",
            ],
            events.Where((one, i) => i == 0 || one.Name != events[i - 1].Name).Select(one => one.Name));
        Assert.All(events, one => Assert.Equal(one.Name, one.Data.GetProperty("type").GetString()));
    }

    private async Task<AnswerContent> WholeAsync(string path, string fields)
    {
        using var response = await PostAsync(path, $$"""{"model":"tiny","stream":false,{{fields}}}""");
        return AnswerContent.In(path, JsonElement.Parse(await response.EnsureSuccessStatusCode().Content.ReadAsStringAsync(Patience)));
    }

    private async Task<AnswerContent> StreamedAsync(string path, string fields)
    {
        var heard = new AnswerContent("", "", "", "");
        foreach (var (_, data) in await EventsAsync(path, fields)) heard += AnswerContent.In(path, data);
        return heard;
    }

    /// <summary>The events of a stream, or its lines.</summary>
    private async Task<List<(string Name, JsonElement Data)>> EventsAsync(string path, string fields)
    {
        using var response = await PostAsync(path, $$"""{"model":"tiny","stream":true,{{fields}}}""");
        var (events, name) = (new List<(string, JsonElement)>(), "");
        foreach (var line in (await response.EnsureSuccessStatusCode().Content.ReadAsStringAsync(Patience)).Split('\n'))
        {
            if (line.StartsWith("event: ", StringComparison.Ordinal)) name = line[7..];
            else if (line.IndexOf('{', StringComparison.Ordinal) is >= 0 and var start) events.Add(
                (name, JsonElement.Parse(line[start..])));
        }

        return events;
    }
}
