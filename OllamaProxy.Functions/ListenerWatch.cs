using System.Net.Sockets;
using Microsoft.Extensions.Hosting;

namespace OllamaProxy.Functions;

/// <summary>
/// Detects that the host on this machine has begun to stop: from then on it refuses connections. The worker is told only when all requests
/// have ended, or after 30 seconds.
/// </summary>
/// <param name="port">The port that the host listens on.</param>
/// <param name="stopped">Called once the host refuses connections after it had accepted some.</param>
/// <param name="time">The clock.</param>
public sealed class ListenerWatch(int port, Action stopped, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(400);

    /// <summary>How many refusals in a row count as a stop, so that a single failure does not end the worker.</summary>
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
            // The worker stops.
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
            // Other errors, such as too many open files, do not come from the host.
            return exception.SocketErrorCode == SocketError.ConnectionRefused;
        }
    }
}
