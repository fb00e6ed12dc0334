using OllamaProxy.Protocol;

namespace OllamaProxy.Tests.Protocol;

public sealed class ModelNameTests
{
    [Theory]
    [InlineData("tiny", "tiny:latest")]
    [InlineData("tiny:latest", "tiny:latest")]
    [InlineData(" Tiny:Latest ", "tiny:latest")]
    [InlineData("library/tiny", "tiny:latest")]
    [InlineData("registry.ollama.ai/library/tiny:7b", "tiny:7b")]
    [InlineData("Registry.Ollama.AI/Library/Tiny", "tiny:latest")]
    [InlineData("registry.ollama.ai/me/tiny", "me/tiny:latest")]
    [InlineData("hf.co/a/B:Q4_K_M", "hf.co/a/b:q4_k_m")]
    // The port of a registry is no tag.
    [InlineData("host:5000/me/tiny", "host:5000/me/tiny:latest")]
    [InlineData("host:5000/me/tiny:7b", "host:5000/me/tiny:7b")]
    // Only in front do the defaults count.
    [InlineData("me/library/tiny", "me/library/tiny:latest")]
    [InlineData("", "")]
    [InlineData(" ", "")]
    public void All_names_of_a_model_come_to_one(string name, string canonical)
    {
        Assert.Equal(canonical, ModelName.Canonical(name));
        Assert.Equal(canonical, ModelName.Canonical(canonical));
    }
}
