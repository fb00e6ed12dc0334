using Microsoft.AspNetCore.Http;
using OllamaProxy.Api;

namespace OllamaProxy.Tests.Api;

public sealed class OriginPolicyTests
{
    [Theory]
    [InlineData("http://localhost")]
    [InlineData("http://localhost:1")]
    [InlineData("https://localhost:65535")]
    [InlineData("HTTP://LocalHost:3000")]
    [InlineData("http://localhost.")]
    [InlineData("https://tauri.localhost")]
    [InlineData("http://localhost.localdomain:3000")]
    [InlineData("http://127.0.0.1")]
    [InlineData("http://127.1.2.3:80")]
    [InlineData("http://0.0.0.0:3000")]
    [InlineData("http://[::1]")]
    [InlineData("https://[::1]:8443")]
    [InlineData("http://[::ffff:127.0.0.1]:3000")]
    [InlineData("http://10.0.0.1")]
    [InlineData("http://10.255.255.255:3000")]
    [InlineData("http://172.16.0.1")]
    [InlineData("http://172.31.255.255")]
    [InlineData("http://192.168.178.20:8080")]
    [InlineData("http://169.254.10.1")]
    [InlineData("http://[fe80::1]:3000")]
    [InlineData("http://[fd12:3456::1]")]
    [InlineData("https://nas.local")]
    [InlineData("http://a.b.local:3000")]
    [InlineData("app://obsidian.md")]
    [InlineData("app://.")]
    [InlineData("file://")]
    [InlineData("tauri://localhost")]
    [InlineData("vscode-webview://1f0b")]
    [InlineData("vscode-file://vscode-app")]
    [InlineData("chrome-extension://abcdefghijklmnopabcdefghijklmnop")]
    [InlineData("moz-extension://6c8f-11")]
    [InlineData("safari-web-extension://6C8F")]
    [InlineData("")]
    public void Local_origins_are_let_in(string origin) => Assert.True(Allows("", origin));

    [Theory]
    [InlineData("https://evil.example")]
    [InlineData("http://evil.example:11434")]
    [InlineData("http://localhost.evil.example")]
    [InlineData("http://127.0.0.1.evil.example")]
    [InlineData("http://127.0.0.1.nip.io")]
    [InlineData("http://192.168.1.7.evil.example")]
    [InlineData("http://evillocalhost")]
    [InlineData("http://local")]
    [InlineData("http://.local")]
    [InlineData("http://nas.local.evil.example")]
    [InlineData("http://evil-local")]
    [InlineData("http://nas")]
    [InlineData("http://8.8.8.8")]
    [InlineData("http://172.15.0.1")]
    [InlineData("http://172.32.0.1")]
    [InlineData("http://11.0.0.1")]
    [InlineData("http://192.169.0.1")]
    [InlineData("http://[2001:db8::1]")]
    [InlineData("http://[::ffff:8.8.8.8]")]
    [InlineData("null")]
    [InlineData("http://localhost@evil.example")]
    [InlineData("http://localhost:3000@evil.example")]
    [InlineData("http://localhost/evil.example")]
    [InlineData("http://localhost#evil.example")]
    [InlineData("http://localhost, http://evil.example")]
    [InlineData("http://evil.example, http://localhost")]
    [InlineData("http://localhost http://evil.example")]
    [InlineData("http://localhost\n")]
    [InlineData("http://localhost:99999")]
    [InlineData("http://localhost:port")]
    [InlineData("http://")]
    [InlineData("http:")]
    [InlineData("localhost")]
    [InlineData("localhost:3000")]
    [InlineData("//localhost")]
    [InlineData("ws://localhost")]
    [InlineData("xapp://obsidian.md")]
    [InlineData("evil-extension://abc")]
    [InlineData("capacitor://evil.example")]
    [InlineData("*")]
    [InlineData("http://*")]
    [InlineData("нет://localhost")]
    public void Others_are_foreign(string origin) => Assert.False(Allows("", origin));

    [Theory]
    [InlineData("http://nas:3000", "http://nas:3000", "http://nas", "https://nas:3000", "http://nas:3001")]
    [InlineData("http://NAS:3000", "http://nas:3000", "http://nas3000")]
    [InlineData("http://nas:*", "http://nas:3000", "http://nas.evil.example", "http://nas.evil.example:3000", "https://nas:3000")]
    [InlineData("http://nas:*", "http://nas")]
    [InlineData("https://chat.example.org", "https://chat.example.org", "http://chat.example.org", "https://chat.example.org:8443")]
    [InlineData("https://chat.example.org", "HTTPS://Chat.Example.org", "https://chat.example.org.evil.example")]
    [InlineData("https://chat.example.org:443", "https://chat.example.org", "https://chat.example.org:80")]
    [InlineData("http://chat.example.org:80", "http://chat.example.org", "https://chat.example.org")]
    [InlineData("https://*.example.org", "https://a.example.org", "https://example.org", "https://evilexample.org")]
    [InlineData("https://*.example.org", "https://a.b.example.org", "http://a.example.org", "https://a.example.org.evil.example")]
    [InlineData("https://*.example.org", "https://a-b.example.org", "https://a.example.org:8443")]
    [InlineData("https://*.example.org:*", "https://a.example.org:8443", "https://example.org:8443")]
    [InlineData("https://*.example.org:8443", "https://a.example.org:8443", "https://a.example.org")]
    [InlineData("https://chat-*.example.org", "https://chat-1.example.org", "https://chat.example.org")]
    [InlineData("*.example.org", "http://a.example.org", "http://a.example.org:3000", "http://example.org")]
    [InlineData("*.example.org", "https://a.example.org", "https://a.example.com")]
    [InlineData("*://example.org", "https://example.org", "https://a.example.org")]
    [InlineData("http*://example.org", "https://example.org", "app2://example.org")]
    [InlineData("http://8.8.8.*", "http://8.8.8.8", "http://8.8.9.8", "https://8.8.8.8")]
    [InlineData("http://8.8.8.*", "http://8.8.8.8:3000", "http://8.8.9.8:3000")]
    [InlineData("capacitor://localhost", "capacitor://localhost", "capacitor://localhost2", "ionic://localhost")]
    [InlineData("capacitor://*", "capacitor://localhost", "ionic://localhost")]
    [InlineData("http://[2001:db8::1]:3000", "http://[2001:db8::1]:3000", "http://[2001:db8::2]:3000")]
    [InlineData("http://[2001:0db8:0::1]", "http://[2001:db8::1]", "http://[2001:db8::1]:3000")]
    [InlineData("null", "null", "https://evil.example")]
    [InlineData("https://one.example,https://two.example", "https://two.example", "https://three.example")]
    [InlineData("https://one.example", "http://localhost:3000", "http://8.8.8.8")]
    [InlineData("https://*", "https://evil.example:3000", "http://evil.example")]
    public void A_pattern_lets_in_what_it_says_and_nothing_else(string setting, string allowed, params string[] foreign)
    {
        Assert.True(Allows(setting, allowed));
        Assert.All(foreign, origin => Assert.False(Allows(setting, origin)));
    }

    [Theory]
    [InlineData("", "http://localhost:3000", "http://127.0.0.1", "https://[::1]:3000", "http://ui.localhost")]
    [InlineData("https://known.example", "https://known.example")]
    [InlineData("*,https://*.known.example", "https://a.known.example")]
    public void Who_may_manage_models_is_on_this_machine_or_named(string setting, params string[] trusted) =>
        Assert.All(trusted, origin => Assert.True(PolicyOf(setting).Trusts(origin)));

    [Theory]
    [InlineData("", "https://evil.example", "http://192.168.1.7", "http://nas.local", "app://obsidian.md", "null", "nonsense")]
    [InlineData("", "http://localhost.evil.example", "http://127.0.0.1.evil.example", "app://localhost")]
    [InlineData("*", "https://evil.example", "null", "http://192.168.1.7")]
    [InlineData("https://*", "https://evil.example")]
    [InlineData("*://*", "https://evil.example")]
    [InlineData("*:3000", "https://evil.example:3000")]
    [InlineData("null", "null")]
    public void That_all_are_let_in_is_not_enough_to_manage_models(string setting, params string[] others) =>
        Assert.All(others, origin => Assert.False(PolicyOf(setting).Trusts(origin)));

    private static bool Allows(string setting, string origin)
    {
        var request = new DefaultHttpContext { Request = { Host = new("proxy.example.org:8000") } }.Request;
        request.Headers.Origin = origin;
        return PolicyOf(setting).Allows(request);
    }

    private static OriginPolicy PolicyOf(string setting) =>
        new(new() { CorsOrigins = setting.Split(',', StringSplitOptions.RemoveEmptyEntries) });
}
