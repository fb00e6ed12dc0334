using System.Net;
using System.Net.Sockets;

namespace OllamaProxy.Tests.Support.Postgres;

/// <summary>
/// A way to a PostgreSQL server that can be cut at the worst of moments: when a commit has got through, and its answer has not.
/// </summary>
internal sealed class CommitRelay : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly int _target;
    private readonly Task _accepting;
    private int _toCut;

    public CommitRelay(int target)
    {
        _target = target;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>How many answers to commits were lost.</summary>
    public int Lost { get; private set; }

    /// <summary>Loses the answers to this many commits, each with its connection.</summary>
    public void LoseAnswers(int commits) => _toCut = commits;

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _accepting;
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = RelayAsync(await _listener.AcceptSocketAsync());
        }
        catch (Exception exception) when (exception is ObjectDisposedException or SocketException)
        {
            // The end.
        }
    }

    private async Task RelayAsync(Socket client)
    {
        using var server = new Socket(SocketType.Stream, ProtocolType.Tcp);
        using (client)
        {
            await server.ConnectAsync(IPAddress.Loopback, _target);
            var isLost = false;
            await Task.WhenAny(
                PumpAsync(client, server, sent =>
                {
                    isLost |= sent.IndexOf("COMMIT\0"u8) >= 0 && Interlocked.Decrement(ref _toCut) >= 0;
                    return true;
                }),
                PumpAsync(server, client, _ => !isLost));
            if (isLost)
                Lost++;
        }
    }

    /// <param name="from">Whose bytes they are.</param>
    /// <param name="to">Where they go.</param>
    /// <param name="isToPass">Told of what goes by; false: it is lost, and so is the connection.</param>
    private static async Task PumpAsync(Socket from, Socket to, Looking isToPass)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (await from.ReceiveAsync(buffer) is > 0 and var length && isToPass(buffer.AsSpan(0, length)))
                for (var sent = 0; sent < length;)
                    sent += await to.SendAsync(buffer.AsMemory(sent..length));
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The other end hears of it when the sockets are closed.
        }
    }

    private delegate bool Looking(ReadOnlySpan<byte> bytes);
}
