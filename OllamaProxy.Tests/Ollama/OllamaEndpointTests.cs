using OllamaProxy.Ollama;

namespace OllamaProxy.Tests.Ollama;

public sealed class OllamaEndpointTests
{
    [Theory]
    [InlineData("http://localhost:11434/api/generate", "http://localhost:11434/api/generate")]
    [InlineData("http://localhost:11434", "http://localhost:11434/api/generate")]
    [InlineData("http://localhost:11434/", "http://localhost:11434/api/generate")]
    [InlineData("http://localhost:11434/api", "http://localhost:11434/api/generate")]
    [InlineData("http://localhost:11434/api/generate/", "http://localhost:11434/api/generate")]
    [InlineData("localhost:11434", "http://localhost:11434/api/generate")]
    [InlineData("192.168.1.5", "http://192.168.1.5/api/generate")]
    [InlineData("https://example.com/ollama", "https://example.com/ollama/api/generate")]
    [InlineData("https://example.com/ollama/api/generate", "https://example.com/ollama/api/generate")]
    [InlineData("http://[::1]:11434", "http://[::1]:11434/api/generate")]
    public void An_address_is_read_as_people_write_it(string text, string generate)
    {
        Assert.True(OllamaEndpoint.TryParse(text, out var endpoint));
        Assert.Equal((generate, generate.Replace("generate", "version", StringComparison.Ordinal)), (endpoint.Generate.ToString(), endpoint.Version.ToString()));
    }

    [Theory]
    [InlineData("ftp://localhost")]
    [InlineData("http://")]
    [InlineData("http://local host")]
    [InlineData("http://localhost:99999")]
    [InlineData("http://localhost/?x=1")]
    public void Anything_else_is_refused(string text) => Assert.False(OllamaEndpoint.TryParse(text, out _));
}
