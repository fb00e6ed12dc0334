using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;

namespace OllamaProxy.Tests.Support.Postgres;

/// <summary>
/// A way to a PostgreSQL server that can be slow, be cut, lead elsewhere, and break at the worst of moments: around a commit.
/// </summary>
internal sealed class NetworkRelay : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<Socket, bool> _clients = [];
    private readonly Task _accepting;
    private int _toLose;

    /// <param name="target">The port that it leads to.</param>
    public NetworkRelay(int target)
    {
        Target = target;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Where new connections lead to.</summary>
    public volatile int Target;

    /// <summary>How long what is sent is under way, in each direction.</summary>
    public TimeSpan Delay { get; set; }

    public int BytesPerSecond { get; set; } = int.MaxValue;

    /// <summary>How many answers to commits were lost.</summary>
    public int Lost { get; private set; }

    /// <summary>Waited for when a commit comes by; false: it gets no further, and its connection breaks.</summary>
    public Func<Task<bool>>? OnCommit { get; set; }

    /// <summary>Loses the answers to this many commits, each with its connection.</summary>
    public void LoseAnswers(int commits) => _toLose = commits;

    /// <summary>Breaks all connections.</summary>
    public void Cut()
    {
        foreach (var client in _clients.Keys)
            client.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _accepting;
        Cut();
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
        _clients[client] = true;
        using (client)
        {
            try
            {
                await server.ConnectAsync(IPAddress.Loopback, Target);
                var isLost = false;
                await Task.WhenAny(
                    PumpAsync(client, server, async sent =>
                    {
                        if (sent.Span.IndexOf("COMMIT\0"u8) < 0)
                            return true;
                        isLost |= Interlocked.Decrement(ref _toLose) >= 0;
                        return OnCommit is not { } hook || await hook();
                    }),
                    PumpAsync(server, client, _ => Task.FromResult(!isLost)));
                if (isLost)
                    Lost++;
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                // Nobody is there: the client finds its connection broken.
            }
        }
        _clients.TryRemove(client, out _);
    }

    /// <param name="from">Whose bytes they are.</param>
    /// <param name="to">Where they go.</param>
    /// <param name="isToPass">Asked of what goes by; false: it is lost, and so is the connection.</param>
    private async Task PumpAsync(Socket from, Socket to, Func<ReadOnlyMemory<byte>, Task<bool>> isToPass)
    {
        var (time, at) = (Stopwatch.StartNew(), TimeSpan.Zero);
        var underWay = Channel.CreateUnbounded<(byte[] Bytes, TimeSpan At)>();
        var delivering = DeliverAsync(underWay.Reader, to);
        var buffer = new byte[64 * 1024];
        try
        {
            while (await from.ReceiveAsync(buffer) is > 0 and var length && await isToPass(buffer.AsMemory(0, length)))
            {
                at = (at > time.Elapsed ? at : time.Elapsed) + TimeSpan.FromSeconds((double)length / BytesPerSecond);
                underWay.Writer.TryWrite((buffer[..length], at + Delay));
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The other end hears of it when the sockets are closed.
        }
        underWay.Writer.Complete();
        await delivering;

        async Task DeliverAsync(ChannelReader<(byte[] Bytes, TimeSpan At)> arriving, Socket target)
        {
            try
            {
                await foreach (var (bytes, due) in arriving.ReadAllAsync())
                {
                    if (due - time.Elapsed is { Ticks: > 0 } rest)
                        await Task.Delay(rest);
                    for (var sent = 0; sent < bytes.Length;)
                        sent += await target.SendAsync(bytes.AsMemory(sent));
                }
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                // As above.
            }
        }
    }
}
