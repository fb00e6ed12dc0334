using System.Text.Json;
using OllamaProxy.Protocol;

namespace OllamaProxy.Tests.Protocol.Dialects;

/// <summary>Answers of <c>/v1/messages</c>.</summary>
public sealed class AnthropicDialectTests
{
    [Theory]
    [InlineData("""{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"hi"}}""", "hi", null, false, null)]
    [InlineData("""{"type":"content_block_delta","delta":{"type":"thinking_delta","thinking":"hmm"}}""", null, "hmm", false, null)]
    [InlineData("""{"type":"content_block_delta","delta":{"type":"input_json_delta","partial_json":"{"}}""", null, null, false, null)]
    [InlineData("""{"type":"message_delta","delta":{"stop_reason":"end_turn"}}""", null, null, false, "end_turn")]
    [InlineData("""{"type":"message_stop"}""", null, null, true, null)]
    [InlineData("""{"type":"message_start","message":{"content":[]}}""", null, null, false, null)]
    [InlineData("""{"type":"content_block_start","content_block":{"type":"text","text":"hi"}}""", null, null, false, null)]
    [InlineData("""{"type":"ping"}""", null, null, false, null)]
    [InlineData("{}", null, null, false, null)]
    public void An_event_says_what_its_type_says(string json, string? text, string? thinking, bool done, string? reason) =>
        Assert.Equal((text, thinking, done, reason, null), Answers.Said(Answers.Part(ApiRoute.Messages, json)));

    [Fact]
    public void An_event_that_is_an_error_is_read_as_one() => Assert.Equal(
        """{"type":"overloaded_error","message":"busy"}""",
        Answers.Part(ApiRoute.Messages, """{"type":"error","error":{"type":"overloaded_error","message":"busy"}}""")?.Error);

    [Theory]
    [InlineData("""{"type":"message","content":[{"type":"text","text":"one"},{"type":"text","text":" two"}],"stop_reason":"end_turn"}""",
        "one two", "", "end_turn")]
    [InlineData("""{"type":"message","content":[{"thinking":"hmm"},{"text":"hi"}],"stop_reason":"max_tokens"}""",
        "hi", "hmm", "max_tokens")]
    [InlineData("""{"type":"message","content":[{"type":"tool_use","input":{}}],"stop_reason":"tool_use"}""", "", "", "tool_use")]
    // Ollama stops without a word where a model repeats itself.
    [InlineData("""{"type":"message","content":[{"type":"text","text":"hi"}]}""", "hi", "", "repeat_limit")]
    public void A_whole_answer_is_the_texts_of_its_blocks(string json, string text, string thinking, string reason) =>
        Assert.Equal((text, thinking, true, reason, null), Answers.Said(Answers.Whole(ApiRoute.Messages, json)));

    [Theory]
    // At the start nothing has been written yet, whatever the figure says.
    [InlineData("""{"type":"message_start","message":{"usage":{"input_tokens":3,"output_tokens":1}}}""", 3, null)]
    [InlineData("""{"type":"message_delta","delta":{},"usage":{"output_tokens":5}}""", null, 5)]
    [InlineData("""{"type":"message","content":[],"usage":{"input_tokens":3,"output_tokens":5}}""", 3, 5)]
    public void The_usage_has_the_figures(string json, int? input, int? output) =>
        Assert.Equal(
            ((long?)input, (long?)output),
            Answers.Part(ApiRoute.Messages, json) is { } part ? (part.PromptEvalCount, part.EvalCount) : default);

    [Theory]
    [InlineData(400, "invalid_request_error")]
    [InlineData(401, "authentication_error")]
    [InlineData(403, "permission_error")]
    [InlineData(404, "not_found_error")]
    [InlineData(413, "request_too_large")]
    [InlineData(429, "rate_limit_error")]
    [InlineData(500, "api_error")]
    [InlineData(502, "api_error")]
    [InlineData(503, "overloaded_error")]
    public async Task An_error_is_an_object_of_Anthropics_type_with_an_id_of_its_own(int status, string type)
    {
        var error = Answers.Error(ApiRoute.Messages, status, "no");
        using var read = JsonDocument.Parse(error);
        Assert.Equal(
            ("error", type, "no"),
            (read.RootElement.GetProperty("type").GetString(), read.RootElement.GetProperty("error").GetProperty("type").GetString(),
                read.RootElement.GetProperty("error").GetProperty("message").GetString()));
        Assert.StartsWith("""{"type":"error",""", error, StringComparison.Ordinal);
        Assert.Matches("^req_[0-9a-f]{24}$", read.RootElement.GetProperty("request_id").GetString());
        Assert.NotEqual(error, Answers.Error(ApiRoute.Messages, status, "no"));

        var late = await Answers.LateErrorAsync(ApiRoute.Messages, "text/event-stream", status, "no");
        Assert.StartsWith("event: error\ndata: {\"type\":\"error\",", late, StringComparison.Ordinal);
        Assert.EndsWith("}\n\n", late, StringComparison.Ordinal);
        Assert.Contains($"\"type\":\"{type}\"", late, StringComparison.Ordinal);
    }
}
