using System.Net;
using System.Net.Sockets;
using OllamaProxy.Configuration;
using OllamaProxy.Ollama;
using OllamaProxy.Protocol;

namespace OllamaProxy.Tests.Ollama;

public sealed class OllamaClientTests
{
    private static readonly OllamaEndpoint Anywhere = OllamaEndpoint.TryParse("http://127.0.0.1:9", out var endpoint)
        ? endpoint : throw new InvalidOperationException();

    [Fact]
    public async Task An_Ollama_that_resets_a_connection_as_it_is_made_cannot_be_reached()
    {
        using var http = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = (_, cancellationToken) =>
            ConnectAndResetAsync(cancellationToken)
        });
        var ollama = new OllamaClient(http, Anywhere, TimeProvider.System);

        var read = await Assert.ThrowsAsync<OllamaException>(() => ollama.ReadVersionAsync(default));
        var call = await Assert.ThrowsAsync<OllamaException>(() =>
            ollama.PassAsync(HttpMethod.Post, "/api/pull", HeaderList.Empty, null, default));

        Assert.Equal((FailureKind.Unreachable, FailureKind.Unreachable), (read.Kind, call.Kind));
        // The exception itself, not one of HttpClient's around it: else this test shows nothing.
        Assert.IsType<SocketException>(read.InnerException, exactMatch: false);
        Assert.IsType<SocketException>(call.InnerException, exactMatch: false);
    }

    /// <summary>A connection that the other side has reset by the time that it is handed over.</summary>
    private static async ValueTask<Stream> ConnectAndResetAsync(CancellationToken cancellationToken)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(listener.LocalEndpoint, cancellationToken);
        using (var other = await listener.AcceptSocketAsync(cancellationToken))
            other.LingerState = new(enable: true, seconds: 0);
        while (!socket.Poll(TimeSpan.Zero, SelectMode.SelectRead))
            await Task.Yield();
        return new NetworkStream(socket, ownsSocket: true);
    }
}
