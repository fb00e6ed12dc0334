using System.Net;
using System.Net.Sockets;
using OllamaProxy.Benchmarks.Processes;
using OllamaProxy.Configuration;
using OllamaProxy.Configuration.Webhooks;
using OllamaProxy.Tests.Configuration.Webhooks;
using OllamaProxy.Webhooks;

namespace OllamaProxy.Tests.Webhooks;

public sealed class AddressGuardTests : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public AddressGuardTests() => _listener.Start();

    private int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public void Dispose() => _listener.Dispose();

    [Theory]
    [InlineData("http://127.0.0.1/")]
    [InlineData("http://2130706433/")]
    [InlineData("http://017700000001/")]
    [InlineData("http://0177.0.0.1/")]
    [InlineData("http://0x7f000001/")]
    [InlineData("http://0x7f.1/")]
    [InlineData("http://127.1/")]
    [InlineData("http://127.0.0.1./")]
    [InlineData("http://0/")]
    [InlineData("http://①②⑦.⓪.⓪.①/")]
    [InlineData("http://[::1]/")]
    [InlineData("http://[::]/")]
    [InlineData("http://[0:0:0:0:0:0:0:1]/")]
    [InlineData("http://[::ffff:127.0.0.1]/")]
    [InlineData("http://[::ffff:7f00:1]/")]
    [InlineData("http://[::127.0.0.1]/")]
    [InlineData("http://[64:ff9b::7f00:1]/")]
    [InlineData("http://[fe80::1%251]/")]
    [InlineData("http://169.254.169.254/latest/meta-data/")]
    [InlineData("http://[fd00:ec2::254]/")]
    [InlineData("http://0xa9fea9fe/")]
    [InlineData("http://localhost/")]
    [InlineData("http://LOCALHOST./")]
    [InlineData("http://localtest.example/")]
    public async Task However_a_private_address_is_written_nothing_connects_to_it(string url)
    {
        var guard = new AddressGuard(WebhookAllowList.None, (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Loopback]));
        await Assert.ThrowsAsync<AddressRefusedException>(() => ConnectAsync(guard, new Uri(url).IdnHost, Port));
        Assert.False(_listener.Pending());
    }

    [Fact]
    public async Task A_name_is_resolved_once_and_what_was_checked_is_connected_to()
    {
        var answers = new Queue<IPAddress[]>(
        [
            [IPAddress.Parse("10.0.0.1"), IPAddress.Loopback, IPAddress.Parse("169.254.169.254")],
            [IPAddress.Parse("10.0.0.1")],
        ]);
        var guard = new AddressGuard(Allow($"127.0.0.1:{Port}"), (_, _) => Task.FromResult(answers.Dequeue()));

        await using (await ConnectAsync(guard, "rebinding.example", Port))
        {
            using var accepted = await _listener.AcceptTcpClientAsync();
            Assert.Single(answers);
        }
        // The name leads elsewhere the next time: that is checked again.
        await Assert.ThrowsAsync<AddressRefusedException>(() => ConnectAsync(guard, "rebinding.example", Port));
    }

    [Theory]
    [InlineData("127.0.0.1", true)]
    [InlineData("127.0.0.0/8", true)]
    [InlineData("127.0.0.1:PORT", true)]
    [InlineData("hook.example", true)]
    [InlineData("HOOK.example.:PORT", true)]
    [InlineData("10.0.0.0/8, [::1]:80 , 127.0.0.1:PORT", true)]
    [InlineData("127.0.0.1:1", false)]
    [InlineData("hook.example:1", false)]
    [InlineData("example", false)]
    [InlineData("10.0.0.0/8", false)]
    [InlineData("::1", false)]
    public async Task What_the_setting_names_is_connected_to_and_nothing_else(string allowed, bool connects)
    {
        var guard = new AddressGuard(
            Allow(allowed.Replace("PORT", $"{Port}", StringComparison.Ordinal)),
            (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Parse("::ffff:127.0.0.1")]));
        if (connects)
            await (await ConnectAsync(guard, "hook.example", Port)).DisposeAsync();
        else
            await Assert.ThrowsAsync<AddressRefusedException>(() => ConnectAsync(guard, "hook.example", Port));
        Assert.Equal(connects, _listener.Pending());
    }

    [Fact]
    public async Task A_name_without_an_address_and_an_address_where_nobody_listens_are_errors_of_the_network()
    {
        var guard = new AddressGuard(
            Allow("127.0.0.1"), (name, _) => Task.FromResult<IPAddress[]>(name == "none" ? [] : [IPAddress.Loopback]));
        await Assert.ThrowsAsync<SocketException>(() => ConnectAsync(guard, "none", Port));
        await Assert.ThrowsAsync<SocketException>(() => ConnectAsync(guard, "some", FreePort.Next()));
    }

    private static async Task<Stream> ConnectAsync(AddressGuard guard, string host, int port) =>
        await guard.ConnectAsync(new(host, port), default);

    private static WebhookAllowList Allow(string text) => WebhookOptionsTests.Read(("OLLAMA_PROXY_WEBHOOK_ALLOW", text)).Allowed;
}
