using System.Net.Sockets;
using Microsoft.Extensions.Hosting;

namespace OllamaProxy.Functions;

/// <summary>
/// Learns that the host has begun to stop, which the host tells its worker only when all requests have ended or 30 seconds are over. It
/// takes no connection any more from the first moment on, and on this machine that can be seen.
/// </summary>
/// <param name="port">The port on which the host listens.</param>
/// <param name="stopped">Called once the host, which has taken connections before, refuses them.</param>
/// <param name="time">The clock.</param>
public sealed class ListenerWatch(int port, Action stopped, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(400);

    /// <summary>So often in a row, so that no hiccup ends the work of a worker.</summary>
    private const int Refusals = 2;

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        var (hasListened, refusals) = (false, 0);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                var isRefused = await IsRefusedAsync(stoppingToken);
                hasListened |= !isRefused;
                refusals = isRefused ? refusals + 1 : 0;
                if (!hasListened || refusals < Refusals)
                    continue;
                stopped();
                return;
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The end.
        }
    }

    private async Task<bool> IsRefusedAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync("localhost", port, cancellationToken);
            return false;
        }
        catch (SocketException exception)
        {
            // Anything else, such as too many open files, is no word of the host's.
            return exception.SocketErrorCode == SocketError.ConnectionRefused;
        }
    }
}
