using System.Text;
using Microsoft.Extensions.Configuration;
using OllamaProxy.Configuration;

namespace OllamaProxy.Tests.Configuration;

public sealed class BackendsSettingTests
{
    [Fact]
    public void Several_addresses_each_have_their_own_options()
    {
        var backends = Read(
            "http://big:1 ; concurrency=4;reserved=3, small:2;models=a|b:7b;concurrency=1;reserved=0,"
            + "http://localhost:11434/api/generate").Backends;
        Assert.Equal(["http://big:1/", "http://small:2/", "http://localhost:11434/"],
            backends.Select(backend => backend.Endpoint.ToString()));
        Assert.Equal([4, 1, null], backends.Select(backend => backend.Concurrency));
        Assert.Equal([3, 0, 0], backends.Select(backend => backend.Reserved));
        Assert.Equal(["a", "b:7b"], backends[1].Models);
        Assert.Empty(backends[0].Models);
    }

    [Theory]
    [InlineData(",")]
    [InlineData(";concurrency=1")]
    [InlineData("http://a;concurrency=0")]
    [InlineData("http://a;concurrency=many")]
    [InlineData("http://a;concurrency")]
    [InlineData("http://a;concurrency=2;reserved=-1")]
    [InlineData("http://a;concurrency=2;reserved=1.5")]
    [InlineData("http://a;concurrency=2;reserved")]
    [InlineData("http://a;models=")]
    [InlineData("http://a;weight=3")]
    [InlineData("http://a,http://a/")]
    [InlineData("http://a,http://user:password@a/v1")]
    [InlineData("http://a,ftp://b")]
    [InlineData("http://a;header=")]
    [InlineData("http://a;header=Authorization")]
    [InlineData("http://a;header=: value")]
    [InlineData("http://a;header=Two words: value")]
    [InlineData("http://a;header=X-Key:")]
    [InlineData("http://a;header=X-Key: one%0D%0ATwo: 2")]
    [InlineData("http://a;header=Content-Type: text/plain")]
    [InlineData("http://a;header=Transfer-Encoding: chunked")]
    [InlineData("http://user:password@a;header=Authorization: Bearer x")]
    [InlineData("http://us%3Aer:password@a")]
    public void A_bad_list_is_refused_by_name(string text)
    {
        var exception = Assert.Throws<InvalidSettingException>(() => Read(text));
        Assert.Contains("OLLAMA_URL", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', exception.Message);
    }

    [Theory]
    [InlineData("http://s3cret:s3cret@a;concurrency=2;reserved=2", "1")]
    [InlineData("http://s3cret:s3cret@a;reserved=2", "2")]
    public void A_backend_cannot_reserve_all_of_its_slots(string url, string concurrency)
    {
        var exception = Assert.Throws<InvalidSettingException>(() => Read(url, ("OLLAMA_CONCURRENCY", concurrency)));
        Assert.Equal("The setting OLLAMA_URL reserves 2 of the 2 slots of http://a/: reserved= must be less than its concurrency, "
            + "or no other prompt could ever run there.", exception.Message);
    }

    [Theory]
    [InlineData("http://user:password@a", "user:password")]
    [InlineData("user:password@a:1", "user:password")]
    [InlineData("http://us%20er:p%40ss%2Fw%3Aord%25@a", "us er:p@ss/w:ord%")]
    [InlineData("http://user:p@ss:w@a", "user:p@ss:w")]
    [InlineData("http://token@a", "token:")]
    [InlineData("http://:password@a", ":password")]
    [InlineData("http://üser:pässword@a", "üser:pässword")]
    public void A_user_and_a_password_are_sent_as_Basic(string url, string credentials)
    {
        var backend = Read(url).Backends.Single();
        Assert.Equal("Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes(credentials)), backend.Headers.Find("Authorization"));
        Assert.StartsWith("http://a", backend.Endpoint.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain('@', backend.ToString());
    }

    [Theory]
    [InlineData("http://a;header=Authorization: Bearer abc=", "Authorization", "Bearer abc=")]
    [InlineData("http://a;header=X-Key:k:1=2", "X-Key", "k:1=2")]
    [InlineData("http://a;HEADER = X-Key : a%2Cb%3Bc%25d ;concurrency=2", "X-Key", "a,b;c%d")]
    [InlineData("http://a;header=Cookie: a=1%3B b=2", "Cookie", "a=1; b=2")]
    [InlineData("http://a;header=X-Key: 100%", "X-Key", "100%")]
    public void A_header_is_sent_as_it_is_set(string url, string name, string value) =>
        Assert.Equal([KeyValuePair.Create(name, value)], Read(url).Backends.Single().Headers.All);

    [Theory]
    [InlineData("http://a", "Bearer s3cret")]
    [InlineData("http://@a", "Bearer s3cret")]
    [InlineData("http://user:password@a", "Basic dXNlcjpwYXNzd29yZA==")]
    [InlineData("http://a;header=X-Key: k", null)]
    public void The_token_goes_to_backends_without_credentials_of_their_own(string url, string? authorization)
    {
        foreach (var token in new[] { "s3cret", " s3cret ", "Bearer s3cret", "\"s3cret\"" })
            Assert.Equal(authorization, Read(url, ("OLLAMA_PROXY_BACKEND_TOKEN", token)).Backends.Single().Headers.Find("Authorization"));
    }

    [Theory]
    [InlineData("http://user:s3cret@a;weight=3")]
    [InlineData("http://user:s3cret@a:99999")]
    [InlineData("http://user:s3cret@a,http://user:s3cret@a")]
    [InlineData("http://user:s3cret@a,ftp://user:s3cret@b")]
    [InlineData("user:s3cret@a;concurrency=0")]
    [InlineData("http://user:s3,cret@a")]
    [InlineData("http://user:s3;cret@a")]
    [InlineData("http://user:x/s3cret@a")]
    [InlineData("http://user:x#s3cret@a")]
    [InlineData("http://user:x?s3cret@a")]
    [InlineData("http://user:x@s3cret@a;concurrency=0")]
    [InlineData("http://user:s3cret")]
    [InlineData("user:s3cret")]
    [InlineData("http://a,user:s3cret")]
    [InlineData("http://a/?key=s3cret")]
    [InlineData("http://a;header=Authorization: Bearer s3cret;concurrency=0")]
    [InlineData("http://a;header=X-Key: x, s3cret")]
    [InlineData("http://a;header=X-Key: x; s3cret")]
    [InlineData("http://a;concurrency=0;header=X-Key: s3cret")]
    [InlineData("http://a;header=Two words: s3cret")]
    [InlineData("http://a;headers=X-Key: s3cret")]
    [InlineData("http://a;token=s3cret")]
    [InlineData("http://a;Authorization: s3cret")]
    [InlineData("http://a;s3cret")]
    [InlineData("ftp://user:s3cret@a")]
    public void No_secret_is_shown_of_a_bad_list(string url)
    {
        var exception = Assert.Throws<InvalidSettingException>(() => Read(url));
        foreach (var part in new[] { "s3", "cret" })
            Assert.DoesNotContain(part, exception.Message.Replace("secret", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Contains("OLLAMA_URL", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_bad_token_is_not_shown()
    {
        var exception = Assert.Throws<InvalidSettingException>(() => Read("http://a", ("OLLAMA_PROXY_BACKEND_TOKEN", "s3cret word")));
        Assert.Contains("OLLAMA_PROXY_BACKEND_TOKEN", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_concurrency_of_all_is_told_together() =>
        Assert.Equal(7, Read("http://a;concurrency=4,http://b", ("OLLAMA_CONCURRENCY", "3")).TotalConcurrency);

    private static OllamaProxyOptions Read(string url, params (string Name, string Value)[] others) =>
        OllamaProxyOptions.Read(new ConfigurationBuilder()
        .AddInMemoryCollection(
            [new("OLLAMA_URL", url), .. others.Select(setting => KeyValuePair.Create(setting.Name, (string?)setting.Value))]).Build());
}
