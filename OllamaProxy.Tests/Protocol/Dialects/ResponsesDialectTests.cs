using System.Text.Json.Nodes;
using OllamaProxy.Protocol;

namespace OllamaProxy.Tests.Protocol.Dialects;

/// <summary>Answers of <c>/v1/responses</c>.</summary>
public sealed class ResponsesDialectTests
{
    [Theory]
    [InlineData("""{"type":"response.output_text.delta","delta":"hi"}""", "hi", null, false, null)]
    [InlineData("""{"type":"response.reasoning_text.delta","delta":"hmm"}""", null, "hmm", false, null)]
    [InlineData("""{"type":"response.reasoning_summary_text.delta","delta":"hmm"}""", null, "hmm", false, null)]
    [InlineData("""{"type":"response.completed","response":{"status":"completed"}}""", null, null, true, null)]
    [InlineData("""{"type":"response.incomplete","response":{}}""", null, null, true, null)]
    [InlineData("""{"type":"response.failed","response":{"error":{"code":"server_error","message":"no"}}}""",
        null, null, true, """{"code":"server_error","message":"no"}""")]
    [InlineData("""{"type":"response.failed","response":{"error":null}}""", null, null, true, "The response failed.")]
    [InlineData("""{"type":"error","code":"server_error","message":"no"}""", null, null, true, "no")]
    [InlineData("""{"type":"error","code":"x"}""", null, null, true, """{"type":"error","code":"x"}""")]
    // Texts that come a second time, in whole, are no more of the answer.
    [InlineData("""{"type":"response.output_text.done","text":"hi"}""", null, null, false, null)]
    [InlineData("""{"type":"response.output_item.done","item":{"content":[{"text":"hi"}]}}""", null, null, false, null)]
    [InlineData("""{"type":"response.created","response":{"output":[]}}""", null, null, false, null)]
    [InlineData("""{"type":"something.new","delta":"hi"}""", null, null, false, null)]
    public void An_event_says_what_its_type_says(string json, string? text, string? thinking, bool done, string? error) =>
        Assert.Equal((text, thinking, done, null, error), Answers.Said(Answers.Part(ApiRoute.Responses, json)));

    [Theory]
    [InlineData("""{"output":[{"content":[{"type":"output_text","text":"one"},{"text":" two"}]},{"content":[{"text":"!"}]}]}""",
        "one two!")]
    [InlineData("""{"output":[{"type":"reasoning","summary":[{"text":"hmm"}]},{"content":[{"text":"hi"}]}]}""", "hi")]
    [InlineData("""{"output":[]}""", "")]
    [InlineData("""{"output":[null,{"content":null},{"content":[null,{"text":5}]}]}""", "")]
    // It always has its status: that no reason is told says nothing.
    [InlineData("""{"status":"incomplete","output":[{"content":[{"text":"hi"}]}]}""", "hi")]
    public void A_whole_answer_is_the_texts_of_its_output(string json, string text) =>
        Assert.Equal((text, null, true, null, null), Answers.Said(Answers.Whole(ApiRoute.Responses, json)));

    [Theory]
    [InlineData("""{"type":"response.completed","response":{"usage":{"input_tokens":3,"output_tokens":5}}}""")]
    [InlineData("""{"type":"response.incomplete","response":{"usage":{"input_tokens":3,"output_tokens":5}}}""")]
    [InlineData("""{"output":[],"usage":{"input_tokens":3,"output_tokens":5}}""")]
    public void The_usage_has_the_figures(string json) =>
        Assert.Equal((3, 5), Answers.Part(ApiRoute.Responses, json) is { } part ? (part.PromptEvalCount, part.EvalCount) : default);

    [Theory]
    [InlineData(0)]
    [InlineData(17)]
    public async Task An_error_amid_an_answer_is_an_event_that_counts_those_before_it(int eventsBefore)
    {
        const string before = "event: error\ndata: ";
        var late = await Answers.LateErrorAsync(ApiRoute.Responses, "text/event-stream; charset=utf-8", 503, "no", eventsBefore);
        Assert.StartsWith(before, late, StringComparison.Ordinal);
        Assert.EndsWith("}\n\n", late, StringComparison.Ordinal);
        Assert.True(JsonNode.DeepEquals(
            JsonNode.Parse(late[before.Length..]),
            new JsonObject
            {
                ["type"] = "error",
                ["code"] = "server_error",
                ["message"] = "no",
                ["sequence_number"] = eventsBefore,
                ["param"] = null,
            }));
    }
}
