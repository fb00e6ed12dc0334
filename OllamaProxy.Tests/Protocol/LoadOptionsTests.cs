using System.Text;
using OllamaProxy.Protocol;

namespace OllamaProxy.Tests.Protocol;

/// <summary>What of a request has Ollama load a model again; see <c>needsReload</c> in its <c>server/sched.go</c>.</summary>
public sealed class LoadOptionsTests
{
    private static readonly DefaultOptions Sixteen = new(new Dictionary<string, byte[]> { ["num_ctx"] = "16384"u8.ToArray() });

    [Theory]
    [InlineData("""{"options":{"num_ctx":8192}}""", "num_ctx=8192")]
    [InlineData("""{"options":{"use_mmap":false,"num_thread":8,"main_gpu":1,"num_gpu":0,"num_batch":64,"num_ctx":8192}}""",
        "num_ctx=8192,num_batch=64,num_gpu=0,main_gpu=1,use_mmap=false,num_thread=8")]
    [InlineData("""{"options":{"draft_num_predict":4}}""", "draft_num_predict=4")]
    [InlineData("""{"shift":false,"options":{"num_ctx":8192}}""", "num_ctx=8192,shift=false")]
    // The same number is the same number, however it is written; Ollama cuts fractions.
    [InlineData("""{"options":{"num_ctx":8192.0}}""", "num_ctx=8192")]
    [InlineData("""{"options":{"num_ctx":8.192e3}}""", "num_ctx=8192")]
    [InlineData("""{"options":{"num_ctx":8192.9}}""", "num_ctx=8192")]
    [InlineData("""{"Options":{"num_ctx":8192}}""", "num_ctx=8192")]
    public void Options_that_are_fixed_at_the_load_are_read_in_one_canonical_form(string request, string expected) =>
        Assert.Equal(expected, Read(request));

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"options":{}}""")]
    [InlineData("""{"options":null}""")]
    [InlineData("""{"options":{"temperature":0.5,"seed":1,"num_predict":5,"num_keep":3}}""")]
    [InlineData("""{"options":{"num_ctx":null}}""")]
    // Ollama chooses the number of layers, as it does by default.
    [InlineData("""{"options":{"num_gpu":-1}}""")]
    [InlineData("""{"shift":true}""")]
    [InlineData("""{"messages":[{"options":{"num_ctx":8192}}]}""")]
    // What Ollama will refuse.
    [InlineData("""{"options":{"num_ctx":"8192"}}""")]
    [InlineData("""{"options":{"use_mmap":1}}""")]
    [InlineData("""{"options":[1]}""")]
    [InlineData("""{"options":{"num_ctx":8192""")]
    [InlineData("[\"options\"]")]
    [InlineData("")]
    public void Other_options_are_none(string request) => Assert.Equal("", Read(request));

    [Theory]
    [InlineData("{}", "num_ctx=16384")]
    [InlineData("""{"options":{"num_gpu":1}}""", "num_ctx=16384,num_gpu=1")]
    [InlineData("""{"options":{"num_ctx":2048}}""", "num_ctx=2048")]
    [InlineData("""{"options":{"num_ctx":null}}""", "num_ctx=16384")]
    [InlineData("""{"options":{"num_ctx":"no number"}}""", "")]
    public void What_is_put_in_counts_where_the_client_says_nothing(string request, string expected) =>
        Assert.Equal(expected, LoadOptions.Of(Encoding.UTF8.GetBytes(request), Sixteen));

    [Theory]
    [InlineData("num_ctx=8192,num_gpu=1", 8192L)]
    [InlineData("num_ctx=8192", 8192L)]
    [InlineData("num_gpu=1", null)]
    [InlineData("", null)]
    public void The_length_of_the_context_can_be_read_from_them(string options, long? length) =>
        Assert.Equal(length, LoadOptions.ContextLength(options));

    private static string Read(string request) => LoadOptions.Of(Encoding.UTF8.GetBytes(request), DefaultOptions.None);
}
