using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace OllamaProxy.Benchmarks.Load;

/// <summary>A keep-alive connection, for one request at a time.</summary>
internal sealed class Connection : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private byte[] _buffer = new byte[4096];
    private int _received;

    private Connection()
    {
    }

    public static async Task<Connection> OpenAsync(IPEndPoint server, CancellationToken cancellationToken)
    {
        var connection = new Connection();
        try
        {
            await connection._socket.ConnectAsync(server, cancellationToken);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>When the first byte of the last answer was there, by <see cref="Stopwatch.GetTimestamp"/>.</summary>
    public long FirstByteAt { get; private set; }

    /// <summary>Sends a request, and returns the body of its answer, which is good until the next request.</summary>
    /// <exception cref="BenchmarkException">The answer is an error, or the connection broke.</exception>
    public async ValueTask<ReadOnlyMemory<byte>> AskAsync(ReadOnlyMemory<byte> request, CancellationToken cancellationToken)
    {
        try
        {
            while (request.Length > 0)
                request = request[await _socket.SendAsync(request, SocketFlags.None, cancellationToken)..];
            return await ReceiveAsync(cancellationToken);
        }
        catch (SocketException exception)
        {
            throw new BenchmarkException($"A connection broke: {exception.Message}");
        }
    }

    public void Dispose() => _socket.Dispose();

    private async ValueTask<ReadOnlyMemory<byte>> ReceiveAsync(CancellationToken cancellationToken)
    {
        _received = 0;
        while (true)
        {
            if (_received == _buffer.Length)
                Array.Resize(ref _buffer, _buffer.Length * 2);
            var count = await _socket.ReceiveAsync(_buffer.AsMemory(_received), SocketFlags.None, cancellationToken);
            if (_received == 0)
                FirstByteAt = Stopwatch.GetTimestamp();
            if (count == 0)
                throw new BenchmarkException("The server closed a connection.");
            _received += count;
            if (ResponseParser.TryRead(_buffer.AsSpan(0, _received), out var status, out var length))
                return status < 400 ? _buffer.AsMemory(0, length) : throw new BenchmarkException($"The server answered {status}.");
        }
    }
}
