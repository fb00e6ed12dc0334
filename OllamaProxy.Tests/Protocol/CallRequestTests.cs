using System.Text;
using OllamaProxy.Ollama;
using OllamaProxy.Protocol;

namespace OllamaProxy.Tests.Protocol;

public sealed class CallRequestTests
{
    [Theory]
    [InlineData("""{"Model":"tiny","PROMPT":"hi"}""")]
    [InlineData("""{"MODEL":null,"Model":"tiny","prompt":null,"Prompt":"hi"}""")]
    [InlineData("""{"Prompt":"not this","prompt":"hi","Model":"nor this","model":"tiny"}""")]
    [InlineData("""{"Name":"tiny","Prompt":"hi"}""")]
    public void The_names_of_fields_count_in_any_case_and_the_exact_one_first(string body) =>
        Assert.Equal(new("tiny", "hi"), Read(ApiRoute.Generate, body));

    [Theory]
    [InlineData("""{"Model":"tiny","Messages":[{"Role":"user","Content":"hi"}]}""")]
    [InlineData("""{"Model":"tiny","Messages":[{"Role":"user","Content":[{"Type":"text","Text":"hi"}]}]}""")]
    [InlineData("""{"Model":"tiny","Input":[{"Role":"user","Content":"hi"}]}""")]
    [InlineData("""{"Model":"tiny","Input":"hi"}""")]
    public void So_do_those_of_messages(string body) => Assert.Equal(new("tiny", "hi"), Read(ApiRoute.Chat, body));

    [Fact]
    public void A_body_is_read_as_deep_as_Ollama_reads_it()
    {
        var deep = $$"""{"model":"tiny","format":{{Nested(9_998)}},"prompt":"hi","messages":[{"role":"user","content":"hi"}]}""";
        Assert.Equal(new("tiny", "hi"), Read(ApiRoute.Generate, deep));
        Assert.Equal(new("tiny", "hi"), Read(ApiRoute.Chat, deep));
        Assert.Equal(
            new("tiny", ""),
            Read(ApiRoute.Chat, $$"""{"model":"tiny","messages":[{"role":"user","content":{{Nested(9_990)}}}]}"""));
        Assert.Equal(new("tiny", ""), Read(ApiRoute.Embed, $$"""{"model":"tiny","input":{{Nested(9_998)}}}"""));
    }

    [Fact]
    public void So_is_an_answer()
    {
        var deep = Encoding.UTF8.GetBytes($$"""{"message":{"content":"hi","tool_calls":{{Nested(9_990)}}},"done":true}""");
        Assert.Equal("hi", CallAnswer.ReadWhole(ApiRoute.Chat, deep).Response);
        Assert.Equal("hi", CallAnswer.ReadPart(ApiRoute.Chat, deep)?.Response);
    }

    private static string Nested(int levels) => new string('[', levels) + new string(']', levels);

    private static CallRequest Read(ApiRoute endpoint, string body) => CallRequest.Read(endpoint, Encoding.UTF8.GetBytes(body));

    [Theory]
    [InlineData("/api/generate", "{}", true)]
    [InlineData("/api/generate", """{"stream":true}""", true)]
    [InlineData("/api/generate", """{"stream":false}""", false)]
    [InlineData("/api/generate", """{"Stream":false}""", false)]
    [InlineData("/api/chat", """{"stream":null}""", true)]
    [InlineData("/api/chat", """{"stream":"no"}""", true)]
    [InlineData("/api/embed", """{"stream":true}""", false)]
    [InlineData("/api/embeddings", "{}", false)]
    [InlineData("/v1/chat/completions", "{}", false)]
    [InlineData("/v1/chat/completions", """{"STREAM":true}""", true)]
    [InlineData("/v1/completions", """{"stream":null}""", false)]
    [InlineData("/v1/embeddings", """{"stream":true}""", false)]
    [InlineData("/v1/responses", """{"stream":true}""", true)]
    [InlineData("/v1/messages", """{"stream":false}""", false)]
    [InlineData("/v1/messages", """{"stream":true}""", true)]
    [InlineData("/v1/messages", "no JSON", false)]
    public void A_call_says_whether_it_wants_its_answer_in_parts(string path, string body, bool isStreamed) =>
        Assert.Equal(isStreamed, CallRequest.IsStreamed(ApiRoute.Find(path)!, Encoding.UTF8.GetBytes(body)));

    [Theory]
    [InlineData("/api/generate", """{"prompt":["one","two"]}""", "one\ntwo")]
    [InlineData("/api/generate", """{"prompt":5}""", "")]
    [InlineData("/api/generate", "{}", "")]
    [InlineData("/api/chat",
        """{"messages":[{"role":"user","content":"old"},{"role":"user","content":"new"},{"role":"tool","content":"x"}]}""", "new")]
    [InlineData("/api/chat", """{"messages":[{"role":"system","content":"x"}]}""", "")]
    [InlineData("/api/chat", """{"messages":{"role":"user","content":"x"}}""", "")]
    [InlineData("/v1/chat/completions", """{"messages":[{"role":"user","content":[{"text":"a"},{"x":{}},"b",{"text":""}]}]}""", "a\nb")]
    [InlineData("/v1/responses", """{"input":[{"role":"user","content":[{"type":"input_text","text":"a"}]}]}""", "a")]
    [InlineData("/v1/responses", """{"input":"a"}""", "a")]
    [InlineData("/v1/embeddings", """{"input":["a","b"]}""", "a\nb")]
    [InlineData("/api/generate", """{"prompt":"\ud800"}""", "\ufffd")]
    [InlineData("/api/generate", "no JSON", "")]
    [InlineData("/api/generate", "[]", "")]
    public void The_last_that_the_user_says_is_the_text_of_a_call(string path, string body, string text) =>
        Assert.Equal(text, Read(ApiRoute.Find(path)!, body).Text);

    [Theory]
    [InlineData(256 * 1024, 256 * 1024)]
    [InlineData((256 * 1024) + 1, 256 * 1024)]
    [InlineData(3_000_000, 256 * 1024)]
    public void Of_a_long_text_the_beginning_is_kept(int length, int kept)
    {
        Assert.Equal(kept, Read(ApiRoute.Generate, $$"""{"prompt":"{{new string('x', length)}}"}""").Text.Length);
        // Half of a character pair is none.
        var pairs = string.Concat(Enumerable.Repeat("😀", 140 * 1024));
        Assert.Equal("x" + pairs[..((256 * 1024) - 2)], Read(ApiRoute.Generate, $$"""{"prompt":"x{{pairs}}"}""").Text);
    }

    [Theory]
    [InlineData("/api/generate", """{"keep_alive":0}""", true)]
    [InlineData("/api/generate", """{"keep_alive":"0"}""", true)]
    [InlineData("/api/generate", """{"keep_alive":"-0h0.0m"}""", true)]
    [InlineData("/api/generate", """{"keep_alive":1e-10,"prompt":null}""", true)]
    [InlineData("/api/generate", """{"KEEP_ALIVE":0,"prompt":"","Prompt":[]}""", true)]
    [InlineData("/api/chat", """{"keep_alive":"0s","messages":[]}""", true)]
    [InlineData("/api/chat", """{"keep_alive":0,"prompt":"hi"}""", true)]
    [InlineData("/api/generate", """{"keep_alive":1e-9}""", false)]
    [InlineData("/api/generate", """{"keep_alive":-1}""", false)]
    [InlineData("/api/generate", """{"keep_alive":"5m"}""", false)]
    [InlineData("/api/generate", """{"keep_alive":"0d"}""", false)]
    [InlineData("/api/generate", """{"keep_alive":null}""", false)]
    [InlineData("/api/generate", """{"keep_alive":false}""", false)]
    [InlineData("/api/generate", """{"keep_alive":0,"prompt":"hi"}""", false)]
    [InlineData("/api/generate", """{"keep_alive":0,"prompt":"","Prompt":"hi"}""", false)]
    [InlineData("/api/chat", """{"keep_alive":0,"messages":[{}]}""", false)]
    [InlineData("/api/embed", """{"keep_alive":0}""", false)]
    [InlineData("/v1/chat/completions", """{"keep_alive":0}""", false)]
    public void A_call_with_nothing_to_do_and_a_keep_alive_of_zero_unloads_its_model(string path, string body, bool unloads) =>
        Assert.Equal(unloads, Read(ApiRoute.Find(path)!, body).IsUnload);
}
