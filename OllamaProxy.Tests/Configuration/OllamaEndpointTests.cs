using OllamaProxy.Configuration;

namespace OllamaProxy.Tests.Configuration;

public sealed class OllamaEndpointTests
{
    [Theory]
    [InlineData("http://localhost:11434/api/generate", "http://localhost:11434/api/generate")]
    [InlineData("http://localhost:11434", "http://localhost:11434/api/generate")]
    [InlineData("http://localhost:11434/", "http://localhost:11434/api/generate")]
    [InlineData("http://localhost:11434/api", "http://localhost:11434/api/generate")]
    [InlineData("http://localhost:11434/api/generate/", "http://localhost:11434/api/generate")]
    [InlineData("localhost:11434", "http://localhost:11434/api/generate")]
    [InlineData("https://example.com/ollama", "https://example.com/ollama/api/generate")]
    [InlineData("https://example.com/ollama/api/generate", "https://example.com/ollama/api/generate")]
    [InlineData("http://[::1]:11434", "http://[::1]:11434/api/generate")]
    // As with OLLAMA_HOST: port 11434 where there is neither a scheme nor a port.
    [InlineData("192.168.1.5", "http://192.168.1.5:11434/api/generate")]
    [InlineData("localhost", "http://localhost:11434/api/generate")]
    [InlineData("localhost:", "http://localhost:11434/api/generate")]
    [InlineData("localhost/api/chat", "http://localhost:11434/api/generate")]
    [InlineData("gpu.example.org", "http://gpu.example.org:11434/api/generate")]
    [InlineData("http://gpu", "http://gpu/api/generate")]
    [InlineData("https://gpu", "https://gpu/api/generate")]
    [InlineData("ollama.com", "https://ollama.com/api/generate")]
    [InlineData("::1", "http://[::1]:11434/api/generate")]
    [InlineData("[::1]", "http://[::1]:11434/api/generate")]
    [InlineData(":11434", "http://localhost:11434/api/generate")]
    [InlineData("http://:8080", "http://localhost:8080/api/generate")]
    // Addresses to listen on.
    [InlineData("0.0.0.0", "http://127.0.0.1:11434/api/generate")]
    [InlineData("0.0.0.0:11434", "http://127.0.0.1:11434/api/generate")]
    [InlineData("http://0.0.0.0:8080/v1", "http://127.0.0.1:8080/api/generate")]
    [InlineData("http://0:11434", "http://127.0.0.1:11434/api/generate")]
    [InlineData("[::]:11434", "http://localhost:11434/api/generate")]
    [InlineData("http://[::]:8080", "http://localhost:8080/api/generate")]
    [InlineData("[0:0:0:0:0:0:0:0]:11434", "http://localhost:11434/api/generate")]
    [InlineData("::", "http://localhost:11434/api/generate")]
    [InlineData("[::ffff:0.0.0.0]:11434", "http://127.0.0.1:11434/api/generate")]
    // Routes of Ollama's, its own and those of others.
    [InlineData("http://localhost:11434/v1", "http://localhost:11434/api/generate")]
    [InlineData("http://localhost:11434/v1/", "http://localhost:11434/api/generate")]
    [InlineData("http://localhost:11434/v1/chat/completions", "http://localhost:11434/api/generate")]
    [InlineData("http://localhost:11434/v1/models", "http://localhost:11434/api/generate")]
    [InlineData("http://localhost:11434/v1/messages", "http://localhost:11434/api/generate")]
    [InlineData("http://localhost:11434/api/", "http://localhost:11434/api/generate")]
    [InlineData("http://localhost:11434/api/chat", "http://localhost:11434/api/generate")]
    [InlineData("http://localhost:11434/api/tags", "http://localhost:11434/api/generate")]
    [InlineData("http://localhost:11434/api/embed", "http://localhost:11434/api/generate")]
    [InlineData("http://localhost:11434//api//chat//", "http://localhost:11434/api/generate")]
    [InlineData("https://example.com/ollama/v1/", "https://example.com/ollama/api/generate")]
    [InlineData("https://example.com/api/ollama", "https://example.com/api/ollama/api/generate")]
    [InlineData("https://example.com/apps", "https://example.com/apps/api/generate")]
    // From files and from other programs.
    [InlineData("  http://localhost:11434  ", "http://localhost:11434/api/generate")]
    [InlineData("\"http://localhost:11434\"", "http://localhost:11434/api/generate")]
    [InlineData("'localhost:11434'", "http://localhost:11434/api/generate")]
    [InlineData("HTTP://LOCALHOST:11434/API/Generate", "http://localhost:11434/api/generate")]
    [InlineData("HttpS://gpu:8443", "https://gpu:8443/api/generate")]
    // With a user, who is no part of the address.
    [InlineData("http://user:password@gpu:11434", "http://gpu:11434/api/generate")]
    [InlineData("user:p@ss@gpu", "http://gpu:11434/api/generate")]
    public void An_address_is_read_as_people_write_it(string text, string generate)
    {
        Assert.True(OllamaEndpoint.TryParse(text, out var endpoint));
        Assert.Equal((generate, generate.Replace("generate", "version", StringComparison.Ordinal)),
            (endpoint.Route("/api/generate").ToString(), endpoint.Version.ToString()));
    }

    [Theory]
    [InlineData("ftp://localhost")]
    [InlineData("http://")]
    [InlineData("http://local host")]
    [InlineData("http://localhost:99999")]
    [InlineData("http://localhost:0")]
    [InlineData("http://localhost:-1")]
    [InlineData("http://localhost:http")]
    [InlineData("http://localhost/?x=1")]
    [InlineData("http://localhost/#top")]
    [InlineData("http:/localhost:11434")]
    [InlineData("http:localhost")]
    [InlineData("http//localhost:11434")]
    [InlineData("http://http://localhost:11434")]
    [InlineData("//localhost:11434")]
    [InlineData("http:\\\\localhost:11434")]
    [InlineData("unix:///run/ollama.sock")]
    [InlineData("http://localhost:11434/api/genrate")]
    [InlineData("http://localhost:11434/api/chats")]
    [InlineData("http://[::1")]
    [InlineData("http://user:pass/word@localhost")]
    [InlineData("http://user:pass#word@localhost")]
    [InlineData("http://user:password@")]
    [InlineData("")]
    public void Anything_else_is_refused(string text) => Assert.False(OllamaEndpoint.TryParse(text, out _));
}
