using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Server;

/// <summary>How large the head of a request may be, and how slow a client, on bare sockets.</summary>
public sealed class ConnectionLimitTests
{
    private static readonly string[] PathsWithBodies =
        ["/api/v1/prompt", "/api/v1/prompts", "/api/chat", "/v1/chat/completions", "/v1/messages", "/api/show"];

    private static readonly TimeSpan Short = TimeSpan.FromSeconds(3);

    /// <summary>Kestrel looks at its clock once a second, and takes nothing that is not longer.</summary>
    private static readonly TimeSpan ShortestGrace = TimeSpan.FromSeconds(1.001);

    [Theory]
    [InlineData(8 * 1024, 1, 10, 414)]
    [InlineData(10, 101, 10, 431)]
    [InlineData(10, 1, 32 * 1024, 431)]
    [InlineData(10, 90, 400, 431)]
    [InlineData(8_000, 98, 200, 200)]
    public async Task A_head_is_as_large_as_it_may_be_and_no_larger(int path, int headers, int length, int status)
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Server, null, ("OLLAMA_PROXY_WORKER", "false"));
        var head = new StringBuilder($"GET /healthz?{new string('a', path)} HTTP/1.1\r\nHost: localhost\r\n");
        for (var number = 1; number <= headers; number++)
            head.Append($"X-{number:00}: {new string('a', length)}\r\n");
        Assert.StartsWith($"HTTP/1.1 {status} ", await AnswerAsync(proxy, $"{head}\r\n", $"HTTP/1.1 {status}"), StringComparison.Ordinal);
    }

    [InProcessTheory]
    [InlineData(30, 130, 240)]
    public async Task Clients_that_are_too_slow_lose_their_connections_and_others_are_served(int head, int idle, double rate)
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Server, null, ("OLLAMA_PROXY_WORKER", "false"));
        var limits = proxy.Services.GetRequiredService<IOptions<KestrelServerOptions>>().Value.Limits;
        Assert.Equal((head, idle, rate, rate), (limits.RequestHeadersTimeout.TotalSeconds, limits.KeepAliveTimeout.TotalSeconds,
            limits.MinRequestBodyDataRate!.BytesPerSecond, limits.MinResponseDataRate!.BytesPerSecond));
        // As those who wait for it in earnest, only sooner.
        (limits.RequestHeadersTimeout, limits.KeepAliveTimeout) = (Short, Short);
        limits.MinRequestBodyDataRate = new(rate, ShortestGrace);

        var silent = AnswerAsync(proxy, "");
        var slowHead = AnswerAsync(proxy, "POST /api/v1/prompt HTTP/1.1\r\nHost: localhost\r\nX-Slow: ");
        var slowBodies = Task.WhenAll(PathsWithBodies.Select(path =>
            AnswerAsync(proxy, $"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{{\"prompt\":")));
        using var other = await proxy.Client.GetAsync("/api/v1/prompts");

        Assert.Equal(200, (int)other.StatusCode);
        Assert.Equal("", await silent);
        Assert.StartsWith("HTTP/1.1 408 ", await slowHead, StringComparison.Ordinal);
        Assert.All(await slowBodies, answer =>
        {
            Assert.StartsWith("HTTP/1.1 408 ", answer, StringComparison.Ordinal);
            Assert.Contains("The body of the request cannot be read", answer, StringComparison.Ordinal);
        });
    }

    /// <summary>Sends that and nothing more, and reads to the end of the connection, or to what ends the answer.</summary>
    private static async Task<string> AnswerAsync(RunningProxy proxy, string request, string? end = null)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(proxy.Client.BaseAddress!.Host, proxy.Client.BaseAddress.Port);
        await socket.SendAsync(Encoding.ASCII.GetBytes(request));
        var (answer, buffer) = ("", new byte[4096]);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while ((end is null || !answer.Contains(end, StringComparison.Ordinal))
            && await socket.ReceiveAsync(buffer, patience.Token) is > 0 and var length)
            answer += Encoding.UTF8.GetString(buffer, 0, length);
        return answer;
    }
}
