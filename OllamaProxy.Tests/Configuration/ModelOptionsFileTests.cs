using System.Text;
using Microsoft.Extensions.Configuration;
using OllamaProxy.Configuration;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Configuration;

/// <summary>The file of <c>OLLAMA_PROXY_MODEL_OPTIONS_FILE</c>.</summary>
public sealed class ModelOptionsFileTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Every_name_of_a_model_finds_its_options()
    {
        var options = Read("""
            {
                // A comment, and a comma at the end.
                "Llama3.2": {"num_ctx": 16384, "temperature": 0.1},
            }
            """);
        foreach (var name in new[] { "llama3.2", "LLAMA3.2:latest", "library/llama3.2", "registry.ollama.ai/library/llama3.2:latest" })
            Assert.Equal("{\"options\":{\"num_ctx\":16384,\"temperature\":0.1}}", Apply(options, name));
        Assert.Equal("{}", Apply(options, "llama3.2:1b"));
        Assert.Equal("{}", Apply(options, ""));
    }

    [Theory]
    [InlineData("[]", "must hold an object with the models")]
    [InlineData("""{"a": 5}""", "must have an object of options for 'a'")]
    [InlineData("""{"a": {"num_ctx": "16k"}}""", "must have a whole number as the option 'num_ctx' of 'a', but has \"16k\".")]
    [InlineData("""{"a": {"num_ctx": 1.5}}""", "must have a whole number as the option 'num_ctx' of 'a', but has 1.5.")]
    [InlineData("""{"a": {"seed": null}}""", "has no value for the option 'seed' of 'a'.")]
    [InlineData("""{"a": {}, "A:latest": {}}""", "has the model 'a:latest' twice.")]
    [InlineData("""{" ": {}}""", "has a model without a name.")]
    [InlineData("""{"a": {"num_ctx": 1}""", "is not JSON: ")]
    [InlineData("""{"a": {"num_ctx": 1, "num_ctx": 2}}""", "is not JSON: ")]
    [InlineData("num_ctx = 16384", "is not JSON: ")]
    public void A_file_that_is_no_good_stops_the_start_with_a_line_that_names_it(string text, string expected)
    {
        var problem = Assert.Throws<InvalidSettingException>(() => Read(text));
        Assert.Contains("OLLAMA_PROXY_MODEL_OPTIONS_FILE", problem.Message, StringComparison.Ordinal);
        Assert.Contains(_folder.File("models.json"), problem.Message, StringComparison.Ordinal);
        Assert.Contains(expected, problem.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', problem.Message);
    }

    [Fact]
    public void A_file_that_is_not_there_stops_the_start()
    {
        var problem = Assert.Throws<InvalidSettingException>(() => Of(_folder.File("missing.json")));
        Assert.Contains("OLLAMA_PROXY_MODEL_OPTIONS_FILE names the file", problem.Message, StringComparison.Ordinal);
    }

    private OllamaProxyOptions Read(string text)
    {
        File.WriteAllText(_folder.File("models.json"), text);
        return Of(_folder.File("models.json"));
    }

    private static OllamaProxyOptions Of(string path) => OllamaProxyOptions.Read(new ConfigurationBuilder()
        .AddInMemoryCollection([new("OLLAMA_PROXY_MODEL_OPTIONS_FILE", path)]).Build());

    private static string Apply(OllamaProxyOptions options, string model) =>
        Encoding.UTF8.GetString(options.OptionsOf(model).ApplyTo("{}"u8.ToArray()).Span);
}
