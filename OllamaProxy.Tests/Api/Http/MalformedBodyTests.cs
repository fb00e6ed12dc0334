using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Api.Http;

/// <summary>Requests whose bodies break the rules of HTTP, on a bare socket.</summary>
public sealed class MalformedBodyTests
{
    private static readonly string[] Paths =
    [
        "POST /api/v1/prompt", "POST /api/v1/prompts", "PUT /api/v1/prompt/01a21956-b79a-7c1e-95eb-293a120dc3b7",
            "POST /api/v1/prompt/01a21956-b79a-7c1e-95eb-293a120dc3b7/repeat",
        "POST /api/generate", "POST /api/chat", "POST /v1/chat/completions", "POST /v1/messages", "POST /api/show", "POST /api/pull",
            "POST /api/blobs/sha256:00", "DELETE /api/delete",
    ];

    private static readonly string[] Chunks =
    [
        "fffffffffffffffff\r\n{}", "ffffffffffffffffffffffffffffffffffffffff\r\n{}", "7fffffffffffffff1\r\n", "80000000\r\n{}",
            "ffffffff\r\n{}", "100000000\r\n{}", "-1\r\n{}", "+2\r\n{}", "0x2\r\n{}", "g\r\n{}", "\r\n{}", " 2\r\n{}\r\n",
        "2\r\n{}xx", "2\r\n{}0\r\n\r\n", "2\n{}\r\n0\r\n\r\n", "2;\r{}", "2\r\n{}\r\nzz\r\n", "2\r\n{}\r\nfffffffffffffffff\r\n",
            "2\r\n{}\r\n0\r\nbad trailer\r\n\r\n", "\0\r\n", "é\r\n{}",
    ];

    [InProcessTheory]
    [MemberData(nameof(ProxyHosts.Names), MemberType = typeof(ProxyHosts))]
    public async Task A_body_in_malformed_chunks_is_400_and_no_error_in_the_log(string host)
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host), null, ("OLLAMA_PROXY_ALLOW_MODEL_MANAGEMENT", "true"),
            ("Logging:LogLevel:Default", "Warning"));
        using var log = new LogRecorder();
        proxy.Services.GetRequiredService<ILoggerFactory>().AddProvider(log);
        foreach (var path in Paths)
        {
            foreach (var chunks in Chunks)
            {
                var answer = await SendAsync(proxy, $"{path} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}");
                Assert.True(answer.StartsWith("HTTP/1.1 400 ", StringComparison.Ordinal), $"{path} with {chunks}: {answer}");
            }
        }
        Assert.DoesNotContain(log.Lines, line =>
            line.StartsWith("Error", StringComparison.Ordinal) || line.Contains("failed", StringComparison.Ordinal));
        Assert.Equal(200, (int)(await proxy.Client.GetAsync("/healthz")).StatusCode);
    }

    /// <summary>Sends that and nothing more, and reads until the connection is closed.</summary>
    private static async Task<string> SendAsync(RunningProxy proxy, string request)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(proxy.Client.BaseAddress!.Host, proxy.Client.BaseAddress.Port);
        await socket.SendAsync(Encoding.Latin1.GetBytes(request));
        var (answer, buffer) = ("", new byte[4096]);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        try
        {
            while (!answer.StartsWith("HTTP/1.1 4", StringComparison.Ordinal)
                && await socket.ReceiveAsync(buffer, patience.Token) is > 0 and var length)
                answer += Encoding.UTF8.GetString(buffer, 0, length);
        }
        catch (OperationCanceledException)
        {
            return answer + " (no answer)";
        }
        return answer;
    }
}
