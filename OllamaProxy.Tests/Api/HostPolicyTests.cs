using System.Net;
using Microsoft.Extensions.Time.Testing;
using OllamaProxy.Api;
using OllamaProxy.Configuration;

namespace OllamaProxy.Tests.Api;

public sealed class HostPolicyTests
{
    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("localhost")]
    [InlineData("localhost:8000")]
    [InlineData("LOCALHOST:8000")]
    [InlineData("localhost.")]
    [InlineData("localhost.:8000")]
    [InlineData("127.0.0.1")]
    [InlineData("127.0.0.1:8000")]
    [InlineData("0.0.0.0:8000")]
    [InlineData("192.168.1.7:8000")]
    [InlineData("8.8.8.8:8000")]
    [InlineData("[::1]")]
    [InlineData("[::1]:8000")]
    [InlineData("[fe80::1]:8000")]
    [InlineData("[::ffff:127.0.0.1]:8000")]
    [InlineData("::1")]
    [InlineData("nas")]
    [InlineData("ollama-proxy:8000")]
    [InlineData("open_webui")]
    [InlineData("nas.local")]
    [InlineData("NAS.Local.:8000")]
    [InlineData("ollama-proxy.default.svc.cluster.local:8000")]
    [InlineData("foo.localhost:8000")]
    [InlineData("localhost.localdomain")]
    [InlineData("host.docker.internal:8000")]
    public async Task Hosts_that_nobody_else_can_own_are_served(string? host) => Assert.True(await ServesAsync("", host));

    [Theory]
    [InlineData("evil.example")]
    [InlineData("evil.example:8000")]
    [InlineData("EVIL.EXAMPLE.")]
    [InlineData("localhost.evil.example")]
    [InlineData("127.0.0.1.evil.example")]
    [InlineData("127.0.0.1.nip.io:8000")]
    [InlineData("7f000001.rbndr.us")]
    [InlineData("nas.local.evil.example")]
    [InlineData("evil.example.local.com")]
    [InlineData("evil.locals")]
    [InlineData("evil.notlocal.com")]
    [InlineData(".local")]
    [InlineData(".internal:8000")]
    [InlineData("a.internal.com")]
    [InlineData("1.2.3.4.5")]
    [InlineData("xn--bcher-kva.example")]
    public async Task Others_are_not(string host) => Assert.False(await ServesAsync("", host));

    [Theory]
    [InlineData("queue.example.org", "queue.example.org:8000", "a.queue.example.org", "queue.example.org.evil.example", "example.org")]
    [InlineData("QUEUE.Example.org.", "queue.EXAMPLE.org", "queue.example.com")]
    [InlineData("queue.example.org:8000", "queue.example.org:9000", "queue.example.com:8000")]
    [InlineData("*.example.org", "a.b.example.org.", "example.org", "evilexample.org", "a.example.org.evil.example")]
    [InlineData("queue-*.example.org", "queue-1.example.org", "queue.example.org")]
    [InlineData("one.example,two.example", "two.example", "three.example")]
    [InlineData("xn--bcher-kva.example", "xn--bcher-kva.example:8000", "bucher.example")]
    [InlineData("*", "evil.example:8000")]
    public async Task Those_of_the_setting_are_served_too(string setting, string served, params string[] others)
    {
        Assert.True(await ServesAsync(setting, served));
        foreach (var other in others)
            Assert.False(await ServesAsync(setting, other));
    }

    [Fact]
    public async Task This_machine_is_served_by_its_name_and_its_full_name()
    {
        Assert.True(await ServesAsync("", $"{Environment.MachineName}:8000"));
        Assert.True(await ServesAsync("", $"{(await Dns.GetHostEntryAsync(Dns.GetHostName())).HostName}:8000"));
    }

    [Fact]
    public async Task An_app_in_Azure_is_served_by_the_name_that_it_has_there()
    {
        var policy = new HostPolicy(new() { WebsiteHostName = "my-queue.azurewebsites.net" }, TimeProvider.System);
        Assert.True(await policy.ServesAsync("My-Queue.azurewebsites.net"));
        Assert.False(await policy.ServesAsync("other.azurewebsites.net"));
    }

    [Fact]
    public async Task To_look_at_a_host_allocates_nothing()
    {
        var policy = new HostPolicy(new(), TimeProvider.System);
        Assert.All([await policy.ServesAsync("127.0.0.1:8000"), await policy.ServesAsync("localhost:8000")], Assert.True);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var round = 0; round < 1000; round++)
        {
            await policy.ServesAsync("127.0.0.1:8000");
            await policy.ServesAsync("[::1]:8000");
            await policy.ServesAsync("localhost:8000");
        }
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private static async Task<bool> ServesAsync(string setting, string? host) =>
        await new HostPolicy(OptionsOf(setting), new FakeTimeProvider()).ServesAsync(host);

    private static OllamaProxyOptions OptionsOf(string setting) =>
        Configuration.OllamaProxyOptionsTests.Read(("OLLAMA_PROXY_HOSTS", setting));
}
