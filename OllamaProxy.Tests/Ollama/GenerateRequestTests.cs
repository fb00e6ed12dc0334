using System.Text;
using OllamaProxy.Ollama;
using OllamaProxy.Storage;

namespace OllamaProxy.Tests.Ollama;

public sealed class GenerateRequestTests
{
    [Theory]
    [InlineData("{}", null, """{"model":"llama3.2","prompt":"hé \"<>\"","stream":true}""")]
    [InlineData("{}", "\"10m\"", """{"model":"llama3.2","prompt":"hé \"<>\"","keep_alive":"10m","stream":true}""")]
    [InlineData("""{"keep_alive": 0}""", "\"10m\"", """{"model":"llama3.2","prompt":"hé \"<>\"","keep_alive":0,"stream":true}""")]
    [InlineData("""{"keep_alive":null,"x":1}""", "\"10m\"",
        """{"model":"llama3.2","prompt":"hé \"<>\"","x":1,"keep_alive":"10m","stream":true}""")]
    [InlineData("""{"keep_alive":null}""", null, """{"model":"llama3.2","prompt":"hé \"<>\"","keep_alive":null,"stream":true}""")]
    [InlineData("""{"model":"tiny","x":[1.0, 2]}""", null, """{"prompt":"hé \"<>\"","model":"tiny","x":[1.0, 2],"stream":true}""")]
    [InlineData("""{"prompt":"h\u00e9"}""", null, """{"model":"llama3.2","prompt":"h\u00e9","stream":true}""")]
    [InlineData("""{"stream":false,"x":1}""", null, """{"model":"llama3.2","prompt":"hé \"<>\"","x":1,"stream":true}""")]
    public void A_body_is_the_clients_fields_and_what_they_left_open(string request, string? keepAlive, string expected) =>
        Assert.Equal(expected, Write(request, null, keepAlive));

    [Fact]
    public void The_model_that_was_fixed_at_the_submit_comes_before_the_default() =>
        Assert.StartsWith("""{"model":"mistral",""", Write("{}", "mistral", null), StringComparison.Ordinal);

    private static string Write(string request, string? model, string? keepAlive)
    {
        var prompt = new ClaimedPrompt(Guid.NewGuid(), default, 1, "hé \"<>\"",
            Encoding.UTF8.GetBytes(request))
        { StartedAt = DateTimeOffset.UnixEpoch, Model = model };
        return Encoding.UTF8.GetString(GenerateRequest.Write(prompt, "llama3.2", keepAlive));
    }
}
