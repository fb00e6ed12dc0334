using System.Net;
using System.Net.Sockets;
using System.Text;

namespace OllamaProxy.Tests.Support.Backends;

/// <summary>
/// An Ollama on bare sockets, so that a test can have it answer what no HTTP server would send. Each answer is one connection's.
/// </summary>
internal sealed class TcpOllama : IDisposable
{
    private static readonly byte[] Probed = Encoding.Latin1.GetBytes(
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: application/json\r\n\r\n{\"version\":\"0.0.0\",\"models\":[]}");

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public TcpOllama()
    {
        _listener.Start();
        _ = AcceptAsync();
    }

    public string Url => $"http://{_listener.LocalEndpoint}";

    /// <summary>What it answers, byte for byte in Latin-1, unless it is asked for what is installed or loaded.</summary>
    public string Answer { get; set; } = "";

    /// <summary>Whether it answers that to whatever it is asked.</summary>
    public bool IsForAll { get; set; }

    /// <summary>An answer with a length and an end.</summary>
    public static string Of(string statusLine, string body, params string[] headers) =>
        $"HTTP/1.1 {statusLine}\r\nConnection: close\r\n{string.Concat(headers.Select(header => header + "\r\n"))}\r\n{body}";

    public void Dispose() => _listener.Dispose();

    private async Task AcceptAsync()
    {
        while (true)
            _ = AnswerAsync(await _listener.AcceptSocketAsync());
    }

    private async Task AnswerAsync(Socket socket)
    {
        using var _ = socket;
        var buffer = new byte[64 * 1024];
        var request = "";
        while (!IsWhole(request))
        {
            var length = await socket.ReceiveAsync(buffer);
            if (length == 0)
                return;
            request += Encoding.Latin1.GetString(buffer, 0, length);
        }
        var isProbe = request.StartsWith("GET /api/", StringComparison.Ordinal) && !IsForAll;
        await socket.SendAsync(isProbe ? Probed : Encoding.Latin1.GetBytes(Answer));
        socket.Shutdown(SocketShutdown.Send);
    }

    private static bool IsWhole(string request)
    {
        var end = request.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        if (end < 0)
            return false;
        if (request.Contains("Transfer-Encoding: chunked", StringComparison.OrdinalIgnoreCase))
            return request.EndsWith("0\r\n\r\n", StringComparison.Ordinal);
        const string length = "Content-Length: ";
        var at = request.IndexOf(length, StringComparison.OrdinalIgnoreCase);
        return at < 0 || request.Length >= end + 4 + int.Parse(request[(at + length.Length)..].Split('\r')[0], null);
    }
}
