using System.Net;
using System.Net.Sockets;
using OllamaProxy.Benchmarks.Load;

namespace OllamaProxy.Benchmarks.Abuse;

/// <summary>Clients that ask for much and take it slowly or not at all. Each runs until it is cancelled, whatever it is answered.</summary>
internal sealed class Crowd(IPEndPoint server)
{
    private const int Piece = 16 * 1024;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    private int _accepted;
    private int _refused;

    /// <summary>How many uploads were accepted, and how often one was refused or broken off.</summary>
    public (int Accepted, int Refused) Uploads => (_accepted, _refused);

    /// <summary>Asks for a path, and takes 64 KB of the answer a second.</summary>
    public async Task ReadSlowlyAsync(string path, CancellationToken stop)
    {
        using var socket = await SendAsync(Request.Get(path), stop);
        var piece = new byte[Piece];
        while (await socket.ReceiveAsync(piece, stop) > 0)
            await Task.Delay(Pause, stop);
    }

    /// <summary>Asks for a path, reads nothing, is gone after a second, and comes back.</summary>
    public async Task NeverReadAsync(string path, CancellationToken stop)
    {
        while (true)
        {
            using var socket = await SendAsync(Request.Get(path), stop);
            await Task.Delay(TimeSpan.FromSeconds(1), stop);
        }
    }

    /// <summary>Asks for a stream, and reads what comes.</summary>
    public async Task WatchAsync(string path, CancellationToken stop)
    {
        using var socket = await SendAsync(Request.Get(path), stop);
        var piece = new byte[Piece];
        while (await socket.ReceiveAsync(piece, stop) > 0)
        {
            // What comes is not looked at.
        }
    }

    /// <summary>Uploads a prompt until it is accepted.</summary>
    /// <param name="bytes">How long it is.</param>
    /// <param name="finishes">Whether it is ever sent to its end; else half of it comes, and no more.</param>
    /// <param name="stop">Leaves.</param>
    public async Task UploadAsync(int bytes, bool finishes, CancellationToken stop)
    {
        while (!await TryUploadAsync(bytes, finishes, stop))
            await Task.Delay(TimeSpan.FromSeconds(2), stop);
        await Task.Delay(Timeout.Infinite, stop);
    }

    private async Task<bool> TryUploadAsync(int bytes, bool finishes, CancellationToken stop)
    {
        const string Begin = """{"prompt":" """;
        const string End = "\"}";
        try
        {
            using var socket = await SendAsync(System.Text.Encoding.ASCII.GetBytes(
                $"POST /api/v1/prompt HTTP/1.1\r\nHost: localhost\r\nContent-Length: {Begin.Length + bytes + End.Length}\r\n\r\n{Begin}"),
                    stop);
            var piece = new byte[Piece * 4];
            piece.AsSpan().Fill((byte)'x');
            var until = finishes ? bytes : bytes / 2;
            for (var sent = 0; sent < until;)
            {
                sent += await socket.SendAsync(piece.AsMemory(0, Math.Min(piece.Length, until - sent)), stop);
                if (!finishes)
                    await Task.Delay(10, stop);
                if (socket.Available > 0)
                    break;
            }
            if (finishes && socket.Available == 0)
                await socket.SendAsync(System.Text.Encoding.ASCII.GetBytes(End), stop);
            var length = await socket.ReceiveAsync(piece, stop);
            var accepted = piece.AsSpan(0, length).StartsWith("HTTP/1.1 202"u8);
            Interlocked.Increment(ref accepted ? ref _accepted : ref _refused);
            return accepted;
        }
        catch (SocketException)
        {
            // The server closes a connection whose upload it does not take.
            Interlocked.Increment(ref _refused);
            return false;
        }
    }

    private async Task<Socket> SendAsync(byte[] request, CancellationToken stop)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(server, stop);
            await socket.SendAsync(request, stop);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
