using Microsoft.Extensions.Configuration;
using OllamaProxy.Settings;

namespace OllamaProxy.Tests.Settings;

public sealed class BackendsSettingTests
{
    [Fact]
    public void Several_addresses_each_have_their_own_options()
    {
        var backends = Read("http://big:1 ; concurrency=4, small:2;models=a|b:7b;concurrency=1,http://localhost:11434/api/generate").Backends;
        Assert.Equal(["http://big:1/", "http://small:2/", "http://localhost:11434/"], backends.Select(backend => backend.Endpoint.ToString()));
        Assert.Equal([4, 1, null], backends.Select(backend => backend.Concurrency));
        Assert.Equal(["a", "b:7b"], backends[1].Models);
        Assert.Empty(backends[0].Models);
    }

    [Theory]
    [InlineData(",")]
    [InlineData("http://a;concurrency=0")]
    [InlineData("http://a;concurrency=many")]
    [InlineData("http://a;models=")]
    [InlineData("http://a;weight=3")]
    [InlineData("http://a,http://a/")]
    [InlineData("http://a,ftp://b")]
    public void A_bad_list_is_refused_by_name(string text)
    {
        var exception = Assert.Throws<InvalidSettingException>(() => Read(text));
        Assert.Contains("OLLAMA_URL", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_concurrency_of_all_is_told_together() =>
        Assert.Equal(7, Read("http://a;concurrency=4,http://b", ("OLLAMA_CONCURRENCY", "3")).TotalConcurrency);

    private static OllamaProxyOptions Read(string url, params (string Name, string Value)[] others) => OllamaProxyOptions.Read(new ConfigurationBuilder()
        .AddInMemoryCollection([new("OLLAMA_URL", url), .. others.Select(setting => KeyValuePair.Create(setting.Name, (string?)setting.Value))]).Build());
}
