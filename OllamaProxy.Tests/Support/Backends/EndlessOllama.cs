using System.Net;
using System.Net.Sockets;
using System.Text;

namespace OllamaProxy.Tests.Support.Backends;

/// <summary>An Ollama whose answers end only when the client hangs up: on a bare socket, which tells at once when that is.</summary>
internal sealed class EndlessOllama : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly byte[] _beginning;
    private readonly byte[] _endless = Encoding.ASCII.GetBytes(new string('x', 64 * 1024));
    private long _sent;

    /// <param name="beginning">What the body of an answer begins with; the rest is one letter, again and again.</param>
    public EndlessOllama(string beginning)
    {
        _beginning = Encoding.ASCII.GetBytes(
            $"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: application/x-ndjson\r\n\r\n{beginning}");
        _listener.Start();
        _ = AcceptAsync();
    }

    public string Url => $"http://{_listener.LocalEndpoint}";

    /// <summary>How many bytes the sockets took, in all.</summary>
    public long Sent => Interlocked.Read(ref _sent);

    public void Dispose() => _listener.Dispose();

    private async Task AcceptAsync()
    {
        while (true)
            _ = AnswerAsync(await _listener.AcceptSocketAsync());
    }

    private async Task AnswerAsync(Socket socket)
    {
        using (socket)
        {
            var request = new byte[64 * 1024];
            var length = await socket.ReceiveAsync(request);
            if (Encoding.ASCII.GetString(request, 0, length).StartsWith("GET", StringComparison.Ordinal))
            {
                await socket.SendAsync(
                    "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 19\r\n\r\n{\"version\":\"0.0.0\"}"u8.ToArray());
                return;
            }
            for (var bytes = _beginning; ; bytes = _endless)
                Interlocked.Add(ref _sent, await socket.SendAsync(bytes));
        }
    }
}
