using OllamaProxy.Protocol;

namespace OllamaProxy.Tests.Protocol.Dialects;

/// <summary>Answers of <c>/v1/chat/completions</c>, <c>/v1/completions</c> and <c>/v1/embeddings</c>.</summary>
public sealed class OpenAIDialectTests
{
    [Theory]
    [InlineData("/v1/chat/completions", """{"choices":[{"index":0,"delta":{"role":"assistant","content":"hi"}}]}""", "hi", null, null)]
    [InlineData("/v1/chat/completions", """{"choices":[{"delta":{"content":"","reasoning":"hmm"}}]}""", "", "hmm", null)]
    [InlineData("/v1/chat/completions", """{"choices":[{"delta":{"reasoning_content":"hmm"}}]}""", null, "hmm", null)]
    [InlineData("/v1/chat/completions", """{"choices":[{"delta":{},"finish_reason":"stop"}]}""", null, null, "stop")]
    [InlineData("/v1/chat/completions", """{"choices":[{"delta":{"content":"one"}},{"delta":{"content":"two"}}]}""", "one", null, null)]
    [InlineData("/v1/completions", """{"choices":[{"text":"hi","finish_reason":null}]}""", "hi", null, null)]
    // The last event has the figures, and no choice.
    [InlineData("/v1/chat/completions", """{"choices":[],"usage":{"prompt_tokens":3}}""", null, null, null)]
    [InlineData("/v1/chat/completions", """{"choices":{"delta":{"content":"hi"}}}""", null, null, null)]
    [InlineData("/v1/chat/completions", """{"choices":[null]}""", null, null, null)]
    [InlineData("/v1/chat/completions", "{}", null, null, null)]
    public void An_event_says_what_the_model_says(string path, string json, string? text, string? thinking, string? reason) =>
        Assert.Equal((text, thinking, false, reason, null), Answers.Said(Answers.Part(ApiRoute.Find(path)!, json)));

    [Theory]
    [InlineData("/v1/chat/completions", """{"choices":[{"message":{"content":"hi","reasoning":"hmm"},"finish_reason":"stop"}]}""",
        "hi", "hmm", "stop")]
    [InlineData("/v1/chat/completions", """{"choices":[{"message":{"content":null},"finish_reason":"tool_calls"}]}""",
        null, null, "tool_calls")]
    [InlineData("/v1/completions", """{"choices":[{"text":"hi","finish_reason":"length"}]}""", "hi", null, "length")]
    // Ollama stops without a word where a model repeats itself.
    [InlineData("/v1/completions", """{"choices":[{"text":"hi","finish_reason":""}]}""", "hi", null, "repeat_limit")]
    [InlineData("/v1/chat/completions", """{"choices":[{"message":{"content":"hi"},"finish_reason":null}]}""", "hi", null, "repeat_limit")]
    [InlineData("/v1/embeddings", """{"data":[{"embedding":[0.5]}]}""", null, null, null)]
    public void A_whole_answer_says_what_the_model_says(string path, string json, string? text, string? thinking, string? reason) =>
        Assert.Equal((text, thinking, true, reason, null), Answers.Said(Answers.Whole(ApiRoute.Find(path)!, json)));

    [Fact]
    public void The_usage_has_the_figures()
    {
        const string usage = """{"choices":[],"data":[],"usage":{"prompt_tokens":3,"completion_tokens":5,"total_tokens":8}}""";
        Assert.Equal((3, 5), Answers.Part(ApiRoute.ChatCompletions, usage) is { } part ? (part.PromptEvalCount, part.EvalCount) : default);
        Assert.Equal((3, 5), Answers.Whole(ApiRoute.Completions, usage) is var whole ? (whole.PromptEvalCount, whole.EvalCount) : default);
        Assert.Equal((3, null), Answers.Whole(ApiRoute.OpenAIEmbeddings, usage) is var embedding
            ? (embedding.PromptEvalCount, embedding.EvalCount) : default);
    }

    [Theory]
    [InlineData(400, "invalid_request_error")]
    [InlineData(401, "authentication_error")]
    [InlineData(403, "api_error")]
    [InlineData(404, "not_found_error")]
    [InlineData(413, "api_error")]
    [InlineData(429, "rate_limit_error")]
    [InlineData(500, "api_error")]
    [InlineData(503, "api_error")]
    public async Task An_error_is_an_object_of_the_type_that_Ollama_gives_it(int status, string type)
    {
        var error = $$$"""{"error":{"message":"no \"é\"","type":"{{{type}}}","param":null,"code":null}}""";
        Assert.Equal(error, Answers.Error(ApiRoute.ChatCompletions, status, "no \"é\""));
        Assert.Equal(error, Answers.Error(ApiRoute.Responses, status, "no \"é\""));
        Assert.Equal($"data: {error}\n\n", await Answers.LateErrorAsync(ApiRoute.Completions, "text/event-stream", status, "no \"é\""));
        Assert.Equal($"{error}\n", await Answers.LateErrorAsync(ApiRoute.Completions, "application/json", status, "no \"é\""));
    }
}
