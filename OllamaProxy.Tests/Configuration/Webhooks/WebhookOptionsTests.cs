using Microsoft.Extensions.Configuration;
using OllamaProxy.Configuration;
using OllamaProxy.Configuration.Webhooks;

namespace OllamaProxy.Tests.Configuration.Webhooks;

public sealed class WebhookOptionsTests
{
    [Fact]
    public void Without_settings_no_webhooks_are_sent()
    {
        var options = Read();
        Assert.Equal((false, false), (options.AreEnabled, options.Allowed.AllowsName("localhost", 80)));
    }

    [Fact]
    public void A_secret_is_read_and_so_are_several()
    {
        var (one, two) = (new byte[24], Enumerable.Range(0, 64).Select(number => (byte)number).ToArray());
        var options = Read(("OLLAMA_PROXY_WEBHOOK_SECRET", $"whsec_{Convert.ToBase64String(one)}, whsec_{Convert.ToBase64String(two)}"));
        Assert.Equal([one, two], options.Secrets.Select(secret => secret.ToArray()));
    }

    [Theory]
    [InlineData("hunter2")]
    [InlineData("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    [InlineData("whsec_")]
    [InlineData("whsec_hunter2")]
    [InlineData("whsec_aHVudGVyMg==")]
    [InlineData("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw,hunter2")]
    public void A_bad_secret_stops_the_start_and_is_not_shown(string secret)
    {
        var mistake = Assert.Throws<InvalidSettingException>(() => Read(("OLLAMA_PROXY_WEBHOOK_SECRET", secret))).Message;
        Assert.Contains("OLLAMA_PROXY_WEBHOOK_SECRET must be whsec_ and the base64 of 24 to 64 bytes", mistake, StringComparison.Ordinal);
        Assert.All(["hunter2", "aHVud", "MfKQ"], word => Assert.DoesNotContain(word, mistake, StringComparison.Ordinal));
    }

    [Fact]
    public void A_secret_that_is_too_long_stops_the_start() => Assert.Throws<InvalidSettingException>(
        () => Read(("OLLAMA_PROXY_WEBHOOK_SECRET", $"whsec_{Convert.ToBase64String(new byte[65])}")));

    [Theory]
    [InlineData("http://hooks.lan")]
    [InlineData("hooks.lan:0")]
    [InlineData("hooks.lan:65536")]
    [InlineData("*.lan")]
    [InlineData("10.0.0.0/33")]
    [InlineData("10.0.0.5/8")]
    [InlineData("a b")]
    public void A_bad_list_of_hosts_stops_the_start(string list) => Assert.Contains(
        "The setting OLLAMA_PROXY_WEBHOOK_ALLOW must be",
        Assert.Throws<InvalidSettingException>(() => Read(("OLLAMA_PROXY_WEBHOOK_ALLOW", list))).Message, StringComparison.Ordinal);

    internal static WebhookOptions Read(params (string Name, string Value)[] settings) => OllamaProxyOptions.Read(
        new ConfigurationBuilder().AddInMemoryCollection(settings.ToDictionary(each => each.Name, string? (each) => each.Value)).Build())
        .Webhooks;
}
