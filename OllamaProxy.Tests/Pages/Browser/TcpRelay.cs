using System.Net;
using System.Net.Sockets;

namespace OllamaProxy.Tests.Pages.Browser;

/// <summary>
/// A network between a browser and a server, on a port of its own, that can be cut: then what is connected breaks off, and
/// nothing connects. It outlives the server, whose address may change.
/// </summary>
internal sealed class TcpRelay : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly Task _accepting;
    private CancellationTokenSource _cut = new();
    private volatile bool _isCut;

    public TcpRelay(Uri target)
    {
        Target = target;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>Where it leads to.</summary>
    public Uri Target { get; set; }

    public Uri Address => new($"http://{_listener.LocalEndpoint}/");

    public async Task CutAsync()
    {
        _isCut = true;
        await _cut.CancelAsync();
    }

    public void Mend()
    {
        _cut.Dispose();
        _cut = new();
        _isCut = false;
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _cut.CancelAsync();
        await _accepting;
        _listener.Dispose();
        _end.Dispose();
        _cut.Dispose();
    }

    private async Task AcceptAsync()
    {
        var connections = new List<Task>();
        try
        {
            while (true)
                connections.Add(RelayAsync(await _listener.AcceptSocketAsync(_end.Token)));
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task RelayAsync(Socket client)
    {
        using (client)
        using (var server = new Socket(SocketType.Stream, ProtocolType.Tcp))
        {
            try
            {
                if (_isCut)
                    return;
                var cut = _cut.Token;
                await server.ConnectAsync(Target.Host, Target.Port, cut);
                await Task.WhenAny(PumpAsync(client, server, cut), PumpAsync(server, client, cut));
            }
            catch (Exception exception) when (exception is OperationCanceledException or SocketException)
            {
                // Whoever is connected sees it break off.
            }
        }
    }

    private static async Task PumpAsync(Socket from, Socket to, CancellationToken cut)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (await from.ReceiveAsync(buffer, cut) is > 0 and var length)
                for (var sent = 0; sent < length;)
                    sent += await to.SendAsync(buffer.AsMemory(sent..length), cut);
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The other end hears of it when the sockets are closed.
        }
    }
}
