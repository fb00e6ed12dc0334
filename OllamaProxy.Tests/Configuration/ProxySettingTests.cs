using Microsoft.Extensions.Configuration;
using OllamaProxy.Configuration;

namespace OllamaProxy.Tests.Configuration;

public sealed class ProxySettingTests
{
    private const string Proxy = "http://proxy:3128";

    [Theory]
    [InlineData("http://gpu:11434", "HTTP_PROXY", Proxy, "http://proxy:3128/")]
    [InlineData("http://gpu:11434", "http_proxy", Proxy, "http://proxy:3128/")]
    [InlineData("http://gpu:11434", "ALL_PROXY", Proxy, "http://proxy:3128/")]
    [InlineData("http://gpu:11434", "HTTPS_PROXY", Proxy, null)]
    [InlineData("https://gpu", "HTTPS_PROXY", Proxy, "http://proxy:3128/")]
    [InlineData("https://gpu", "HTTP_PROXY", Proxy, null)]
    [InlineData("http://192.168.1.5:11434", "HTTP_PROXY", Proxy, "http://proxy:3128/")]
    [InlineData("http://gpu", "HTTP_PROXY", "proxy:3128", "http://proxy:3128/")]
    [InlineData("http://gpu", "HTTP_PROXY", "http://user:password@proxy:3128/", "http://proxy:3128/")]
    [InlineData("http://gpu", "ALL_PROXY", "socks5h://proxy:1080", "socks5://proxy:1080/")]
    [InlineData("http://gpu", "ALL_PROXY", "SOCKS5://proxy:1080", "socks5://proxy:1080/")]
    [InlineData("http://gpu", "HTTP_PROXY", "", null)]
    public void A_backend_is_asked_through_the_proxy_of_its_scheme(string url, string name, string value, string? proxy) =>
        Assert.Equal(proxy, Find(url, (name, value)));

    [Theory]
    [InlineData("http://localhost:11434")]
    [InlineData("http://LOCALHOST")]
    [InlineData("http://ollama.localhost")]
    [InlineData("http://127.0.0.1:11434")]
    [InlineData("http://127.8.9.10")]
    [InlineData("http://[::1]:11434")]
    [InlineData("http://[::ffff:127.0.0.1]")]
    [InlineData("0.0.0.0:11434")]
    [InlineData("[::]:11434")]
    [InlineData(":11434")]
    public void This_machine_is_never_asked_through_a_proxy(string url) =>
        Assert.Null(Find(url, ("HTTP_PROXY", Proxy), ("HTTPS_PROXY", Proxy), ("ALL_PROXY", Proxy)));

    [Theory]
    [InlineData("http://gpu", "gpu", true)]
    [InlineData("http://gpu", "GPU", true)]
    [InlineData("http://gpu", "cpu, gpu ,tpu", true)]
    [InlineData("http://gpu", "cpu gpu", true)]
    [InlineData("http://gpu", "*", true)]
    [InlineData("http://gpu", "cpu", false)]
    [InlineData("http://gpu", "pu", false)]
    [InlineData("http://gpu", "", false)]
    [InlineData("http://gpu", ",", false)]
    [InlineData("http://gpu.example.org", "example.org", true)]
    [InlineData("http://gpu.example.org", ".example.org", true)]
    [InlineData("http://gpu.example.org", "*.example.org", true)]
    [InlineData("http://example.org", ".example.org", true)]
    [InlineData("http://notexample.org", "example.org", false)]
    [InlineData("http://gpu:11434", "gpu:11434", true)]
    [InlineData("http://gpu:11434", "gpu:80", false)]
    [InlineData("http://10.1.2.3", "10.1.2.3", true)]
    [InlineData("http://10.1.2.3:11434", "10.0.0.0/8", true)]
    [InlineData("http://10.1.2.3:11434", "192.168.0.0/16,10.0.0.0/8", true)]
    [InlineData("http://11.1.2.3", "10.0.0.0/8", false)]
    [InlineData("http://10.1.2.3:11434", "10.1.2.3:11434", true)]
    [InlineData("http://[fd00::1]:11434", "fd00::/8", true)]
    [InlineData("http://[fd00::1]:11434", "fd00::1", true)]
    [InlineData("http://[fd00::1]:11434", "[fd00::1]:11434", true)]
    [InlineData("http://[fd00::1]:11434", "fd00::2", false)]
    public void NO_PROXY_makes_exceptions(string url, string list, bool isException) =>
        Assert.Equal(isException, Find(url, ("ALL_PROXY", Proxy), ("NO_PROXY", list)) is null);

    [Theory]
    [InlineData("ftp://user:s3cret@proxy")]
    [InlineData("http://user:s3cret@:3128")]
    [InlineData("http://user:s3cret@pro xy")]
    public void A_bad_proxy_is_refused_where_it_would_be_used_without_its_password(string value)
    {
        Assert.Null(Find("localhost", ("HTTP_PROXY", value)));
        var exception = Assert.Throws<InvalidSettingException>(() => Find("gpu", ("HTTP_PROXY", value)));
        Assert.Contains("HTTP_PROXY", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", exception.Message, StringComparison.Ordinal);
    }

    private static string? Find(string url, params (string Name, string Value)[] settings)
    {
        var configuration = new ConfigurationManager { ["OLLAMA_URL"] = url };
        foreach (var (name, value) in settings)
            configuration[name] = value;
        return OllamaProxyOptions.Read(configuration).Backends.Single().Proxy?.Address.ToString();
    }
}
