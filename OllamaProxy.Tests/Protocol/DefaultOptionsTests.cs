using System.Text;
using OllamaProxy.Protocol;

namespace OllamaProxy.Tests.Protocol;

/// <summary>What <c>OLLAMA_PROXY_MODEL_OPTIONS_FILE</c> does to a request, which stays as it came otherwise, byte for byte.</summary>
public sealed class DefaultOptionsTests
{
    private static readonly DefaultOptions Defaults = new(new Dictionary<string, byte[]>
    {
        ["num_ctx"] = "16384"u8.ToArray(),
        ["stop"] = """["a"]"""u8.ToArray(),
    });

    [Theory]
    [InlineData("{}", """{"options":{"num_ctx":16384,"stop":["a"]}}""")]
    [InlineData(" \n{ }", " \n{\"options\":{\"num_ctx\":16384,\"stop\":[\"a\"]} }")]
    [InlineData("""{ "model" : "tiny" }""", """{"options":{"num_ctx":16384,"stop":["a"]}, "model" : "tiny" }""")]
    [InlineData("""{"options": null , "b":1.0}""", """{"options": {"num_ctx":16384,"stop":["a"]} , "b":1.0}""")]
    [InlineData("""{"options":{ } }""", """{"options":{ "num_ctx":16384,"stop":["a"]} }""")]
    [InlineData("""{"a":"é","options":{"seed" : 1.0}}""", """{"a":"é","options":{"seed" : 1.0,"num_ctx":16384,"stop":["a"]}}""")]
    [InlineData("""{"options":{"num_ctx":2048}}""", """{"options":{"num_ctx":2048,"stop":["a"]}}""")]
    [InlineData("""{"options":{"num_ctx":null}}""", """{"options":{"num_ctx":null,"num_ctx":16384,"stop":["a"]}}""")]
    [InlineData("""{"OPTIONS":{"seed":1}}""", """{"OPTIONS":{"seed":1,"num_ctx":16384,"stop":["a"]}}""")]
    public void Options_are_put_in_where_the_client_says_nothing_about_them(string request, string expected) =>
        Assert.Equal(expected, Apply(request));

    [Theory]
    [InlineData("""{"options":{"stop":[],"num_ctx":1}}""")]
    [InlineData("""{"options":[]}""")]
    [InlineData("""{"options":"x"}""")]
    [InlineData("")]
    [InlineData("no JSON")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("""{"options":{"a":1}""")]
    [InlineData("""{} x""")]
    public void A_request_that_says_something_about_each_or_is_none_stays_as_it_came(string request) =>
        Assert.Equal(request, Apply(request));

    [Fact]
    public void Without_options_the_very_same_bytes_are_sent()
    {
        var request = "{}"u8.ToArray().AsMemory();
        Assert.Equal(request, DefaultOptions.None.ApplyTo(request));
    }

    private static string Apply(string request) => Encoding.UTF8.GetString(Defaults.ApplyTo(Encoding.UTF8.GetBytes(request)).Span);
}
