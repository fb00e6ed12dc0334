using OllamaProxy.Ollama;
using OllamaProxy.Protocol;

namespace OllamaProxy.Tests.Protocol.Dialects;

/// <summary>Answers of <c>/api/generate</c>, <c>/api/chat</c>, <c>/api/embed</c> and <c>/api/embeddings</c>.</summary>
public sealed class OllamaDialectTests
{
    [Theory]
    [InlineData("/api/generate", """{"response":"hi","done":false}""", "hi", null, false, null)]
    [InlineData("/api/generate", """{"response":"","thinking":"hmm"}""", "", "hmm", false, null)]
    [InlineData("/api/generate", """{"response":"","done":true,"done_reason":"stop"}""", "", null, true, "stop")]
    [InlineData("/api/chat", """{"message":{"role":"assistant","content":"hi","thinking":"hmm"}}""", "hi", "hmm", false, null)]
    [InlineData("/api/chat", """{"message":{"content":""},"done":true,"done_reason":"length"}""", "", null, true, "length")]
    [InlineData("/api/chat", """{"message":null,"done":true}""", null, null, true, null)]
    // Half of a character pair is what Ollama makes of it.
    [InlineData("/api/chat", """{"message":{"content":"\ud800"}}""", "\ufffd", null, false, null)]
    // Fields of another kind than Ollama's say nothing.
    [InlineData("/api/generate", """{"response":5,"done":"true","done_reason":1}""", null, null, false, null)]
    [InlineData("/api/generate", """{"created_at":"x"}""", null, null, false, null)]
    [InlineData("/api/generate", "[]", null, null, false, null)]
    public void A_line_says_what_the_model_says(string path, string line, string? text, string? thinking, bool done, string? reason) =>
        Assert.Equal((text, thinking, done, reason, null), Answers.Said(Answers.Part(ApiRoute.Find(path)!, line)));

    [Fact]
    public void The_last_line_has_the_figures()
    {
        var last = Answers.Part(ApiRoute.Chat,
            """
            {"message":{"content":""},"done":true,"total_duration":1,"load_duration":2,"prompt_eval_count":3,
             "prompt_eval_duration":4,"eval_count":5,"eval_duration":6}
            """)!;
        Assert.Equal((1, 2, 3, 4, 5, 6), (
            last.TotalDuration, last.LoadDuration, last.PromptEvalCount, last.PromptEvalDuration, last.EvalCount, last.EvalDuration));
        Assert.Equal((null, null), Answers.Part(ApiRoute.Chat, """{"eval_count":1.5,"eval_duration":"6"}""") is { } odd
            ? (odd.EvalCount, odd.EvalDuration) : default);
    }

    [Theory]
    [InlineData("""{"error":"out of memory"}""", "out of memory")]
    [InlineData("""{"response":"hi","error":"out of memory"}""", "out of memory")]
    [InlineData("""{"error":{"code": 400,"message":"bad"}}""", """{"code": 400,"message":"bad"}""")]
    public void An_error_is_read_as_a_text_or_as_the_object_that_it_is(string json, string error)
    {
        foreach (var route in ApiRoute.All)
        {
            Assert.Equal(error, Answers.Part(route, json)?.Error);
            Assert.Equal(error, Answers.Whole(route, json).Error);
        }
    }

    [Theory]
    [InlineData("""{"error":null}""")]
    [InlineData("""{"error":5}""")]
    [InlineData("""{"error":["x"]}""")]
    public void What_is_no_text_and_no_object_is_no_error(string json) => Assert.Null(Answers.Part(ApiRoute.Generate, json)!.Error);

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("oops")]
    [InlineData("""{"response":"hi"} x""")]
    public void A_line_that_is_no_JSON_says_nothing_on_any_route(string line) =>
        Assert.All(ApiRoute.All, route => Assert.Null(Answers.Part(route, line)));

    [Theory]
    [InlineData("/api/generate", """{"response":"hi","done":true,"done_reason":"stop"}""", "hi", null, "stop")]
    [InlineData("/api/generate", """{"response":"hi","thinking":"hmm","done":true}""", "hi", "hmm", null)]
    [InlineData("/api/chat", """{"message":{"content":"hi"},"done":true}""", "hi", null, null)]
    // Ollama stops without a word where a model repeats itself.
    [InlineData("/api/generate", """{"response":"hi","done":false}""", "hi", null, "repeat_limit")]
    [InlineData("/api/chat", """{"message":{"content":"hi"}}""", "hi", null, "repeat_limit")]
    [InlineData("/api/chat", """{"message":{"content":"hi"},"done_reason":"stop"}""", "hi", null, "stop")]
    [InlineData("/api/embed", """{"embeddings":[[0.5]]}""", null, null, null)]
    [InlineData("/api/embeddings", """{"embedding":[0.5]}""", null, null, null)]
    public void A_whole_answer_is_done_whether_it_says_so_or_not(string path, string json, string? text, string? thought, string? reason) =>
        Assert.Equal((text, thought, true, reason, null), Answers.Said(Answers.Whole(ApiRoute.Find(path)!, json)));

    [Fact]
    public void Of_an_embedding_only_the_tokens_are_counted()
    {
        Assert.Equal(8, Answers.Whole(ApiRoute.Embed, """{"embeddings":[],"prompt_eval_count":8}""").PromptEvalCount);
        Assert.Null(Answers.Whole(ApiRoute.Embeddings, """{"embedding":[]}""").PromptEvalCount);
    }

    [Theory]
    [InlineData("", "It was empty.")]
    [InlineData("oops", "It is no JSON.")]
    [InlineData("""{"response":"hi",""", "It is no JSON.")]
    [InlineData("""{"done":true} {}""", "It is no JSON.")]
    [InlineData("[]", "It is JSON, but no object.")]
    [InlineData("null", "It is JSON, but no object.")]
    [InlineData("{}", "It has none of the fields of an answer.")]
    [InlineData("""{"status":"ok","error":null}""", "It has none of the fields of an answer.")]
    public void What_is_no_answer_of_any_API_is_not_Ollamas(string json, string words)
    {
        foreach (var route in ApiRoute.All)
        {
            var refused = Assert.Throws<OllamaException>(() => Answers.Whole(route, json));
            Assert.Equal((FailureKind.InvalidResponse, true), (refused.Kind, refused.Message.EndsWith(words, StringComparison.Ordinal)));
        }
    }

    [Theory]
    [InlineData(400)]
    [InlineData(503)]
    public async Task An_error_is_a_text_before_an_answer_and_a_line_amid_it(int status)
    {
        Assert.Equal("""{"error":"no \"é\""}""", Answers.Error(ApiRoute.Generate, status, "no \"é\""));
        Assert.Equal(
            """{"error":"no\nroom"}""" + "\n",
            await Answers.LateErrorAsync(ApiRoute.Chat, "application/x-ndjson", status, "no\nroom"));
    }
}
