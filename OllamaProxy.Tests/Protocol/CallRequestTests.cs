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
        Assert.Equal(new("tiny", ""), Read(ApiRoute.Chat, $$"""{"model":"tiny","messages":[{"role":"user","content":{{Nested(9_990)}}}]}"""));
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
}
