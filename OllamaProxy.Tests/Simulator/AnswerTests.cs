using System.Text.Json;
using OllamaProxy.Simulator.Generation;

namespace OllamaProxy.Tests.Simulator;

public sealed class AnswerTests : SimulatorTest
{
    private const string Said = "This is the Simulator, not a language model. You asked: \"hello\"";
    private const string Characters79 = "1234567890 234567890 234567890 234567890 234567890 234567890 234567890 23456789";

    private static readonly string[] Paths = ["/api/generate", "/api/chat"];

    [Theory]
    [InlineData("hello", "hello")]
    [InlineData("  two\n lines\t\"quoted\" ", "two lines \"quoted\"")]
    [InlineData(Characters79 + "!", Characters79 + "!")]
    [InlineData(Characters79 + "!?", Characters79 + "!…")]
    [InlineData(Characters79 + "😀", Characters79 + "…")]
    [InlineData("", "")]
    public void An_answer_says_whose_it_is_and_quotes_the_beginning(string prompt, string quoted)
    {
        var answer = Simulation.AnswerTo(prompt);
        Assert.Equal($"This is the Simulator, not a language model. You asked: \"{quoted}\"", answer);
        Assert.Equal(answer, string.Concat(Simulation.TokensOf(prompt)));
    }

    [Fact]
    public async Task The_same_prompt_always_has_the_same_answer_streaming_or_not_generated_or_in_a_chat()
    {
        foreach (var path in Paths)
        {
            Assert.Equal(new(Said, "", "stop", 11, Lines: 12), await AskAsync(path, ""));
            Assert.Equal(new(Said, "", "stop", 11, Lines: 1), await AskAsync(path, """ ,"stream":false """));
        }
    }

    [Theory]
    [InlineData(""" "num_predict":3 """, "This is the", "length")]
    [InlineData(""" "num_predict":3.9 """, "This is the", "length")]
    [InlineData(""" "num_predict":11 """, Said, "stop")]
    [InlineData(""" "num_predict":-1 """, Said, "stop")]
    [InlineData(""" "simulator_tokens":2 """, "This is", "stop")]
    [InlineData(""" "simulator_tokens":0 """, "", "stop")]
    [InlineData(""" "simulator_tokens":13 """, Said + " This is", "stop")]
    [InlineData(""" "simulator_tokens":13, "num_predict":12 """, Said + " This", "length")]
    public async Task The_options_say_how_long_an_answer_is(string options, string text, string reason)
    {
        var said = await AskAsync("/api/generate", $$""" ,"options":{{{options}}} """);
        Assert.Equal((text, "", reason, said.Lines - 1), (said.Text, said.Thinking, said.Reason, said.Tokens));
    }

    [Theory]
    [InlineData("true", true)]
    [InlineData("\"high\"", true)]
    [InlineData("false", false)]
    [InlineData("null", false)]
    public async Task A_model_thinks_before_it_speaks_if_asked_to(string think, bool thinks)
    {
        foreach (var path in Paths)
        {
            var streamed = await AskAsync(path, $$""" ,"think":{{think}}, "options":{"num_predict":2} """);
            var whole = await AskAsync(path, $""" ,"think":{think}, "stream":false """);
            var thoughts = thinks ? "Nothing here thinks. This only shows where a model would." : "";
            Assert.Equal(("This is", thoughts), (streamed.Text, streamed.Thinking));
            Assert.Equal((Said, thoughts), (whole.Text, whole.Thinking));
        }
    }

    [Fact]
    public async Task A_chat_is_answered_even_if_its_last_message_has_no_text()
    {
        const string Body = """{"model":"tiny","stream":false,"messages":[{"role":"user","content":"hello"},{"role":"tool"}]}""";
        using var response = await PostAsync("/api/chat", Body);
        var answer = JsonElement.Parse(await response.Content.ReadAsStringAsync(Patience));
        Assert.Equal(Simulation.AnswerTo(""), answer.GetProperty("message").GetProperty("content").GetString());
    }

    private async Task<Heard> AskAsync(string path, string fields)
    {
        var question = path == "/api/chat"
            ? """ "messages":[{"role":"user","content":"before"},{"role":"user","content":"hello"}] """
            : """ "prompt":"hello" """;
        using var response = await PostAsync(path, $$"""{"model":"tiny",{{question}}{{fields}}}""");
        using var lines = await LinesAsync(response);
        var heard = new Heard("", "", "", 0, 0);
        while (await lines.ReadLineAsync(Patience) is { } line)
        {
            Assert.Equal("", heard.Reason);
            var part = JsonElement.Parse(line);
            var message = part.TryGetProperty("message", out var chat) ? chat : part;
            heard = new(
                heard.Text + (message.TryGetProperty("content", out var content) ? content : message.GetProperty("response")).GetString(),
                heard.Thinking + (message.TryGetProperty("thinking", out var thinking) ? thinking.GetString() : ""),
                part.TryGetProperty("done_reason", out var reason) ? reason.GetString()! : "",
                part.TryGetProperty("eval_count", out var tokens) ? tokens.GetInt32() : 0,
                heard.Lines + 1);
        }

        return heard;
    }

    private sealed record Heard(string Text, string Thinking, string Reason, int Tokens, int Lines);
}
