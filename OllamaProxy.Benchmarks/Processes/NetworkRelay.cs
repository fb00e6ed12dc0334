using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;

namespace OllamaProxy.Benchmarks.Processes;

/// <summary>A way to a server that can be slow, stall, be cut, and lead elsewhere.</summary>
internal class NetworkRelay : IAsyncDisposable
{
    private static readonly TimeSpan StallLook = TimeSpan.FromMilliseconds(20);

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<Socket, bool> _clients = [];
    private readonly Task _accepting;
    private long _stalledUntil;

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

    /// <summary>Breaks all connections. New ones can be made at once.</summary>
    public void Cut()
    {
        foreach (var client in _clients.Keys)
            client.Dispose();
    }

    /// <summary>For so long not a byte gets through.</summary>
    public void StallFor(TimeSpan time) =>
        Volatile.Write(ref _stalledUntil, Stopwatch.GetTimestamp() + (long)(time.TotalSeconds * Stopwatch.Frequency));

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _accepting;
        Cut();
    }

    /// <summary>
    /// For a new connection: what is asked of whatever is sent to the server, and of its answers. False: it gets no further, and the
    /// connection breaks.
    /// </summary>
    protected virtual (Passes Request, Passes Answer) Watch() => (_ => new(true), _ => new(true));

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
                (client.NoDelay, server.NoDelay) = (true, true);
                await server.ConnectAsync(IPAddress.Loopback, Target);
                var (request, answer) = Watch();
                await Task.WhenAny(PumpAsync(client, server, request), PumpAsync(server, client, answer));
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                // Nobody is there: the client finds its connection broken.
            }
        }
        _clients.TryRemove(client, out _);
    }

    private async Task PumpAsync(Socket from, Socket to, Passes passes)
    {
        var (time, at) = (Stopwatch.StartNew(), TimeSpan.Zero);
        var underWay = Channel.CreateUnbounded<(byte[] Bytes, TimeSpan At)>();
        var delivering = DeliverAsync(underWay.Reader, to);
        var buffer = new byte[64 * 1024];
        try
        {
            while (await from.ReceiveAsync(buffer) is > 0 and var length && await passes(buffer.AsMemory(0, length)))
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
                    while (Stopwatch.GetTimestamp() < Volatile.Read(ref _stalledUntil))
                        await Task.Delay(StallLook);
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

    /// <summary>Whether bytes get any further.</summary>
    protected delegate ValueTask<bool> Passes(ReadOnlyMemory<byte> bytes);
}
