using System.Net;
using System.Net.Sockets;

namespace OllamaProxy.Benchmarks.Processes;

/// <summary>
/// Ports for programs that have to be told where to listen. They are below those that a system hands out by itself (from 32,768 on Linux,
/// from 49,152 elsewhere), so that nobody is given one before the program listens there.
/// </summary>
internal static class FreePort
{
    private const int First = 20_000;
    private const int Count = 12_000;

    private static int _last = Random.Shared.Next(Count);

    /// <summary>A port on which nobody listens, and which this process has not been given yet.</summary>
    public static int Next()
    {
        while (true)
        {
            var port = First + ((Interlocked.Increment(ref _last) & int.MaxValue) % Count);
            using var listener = new TcpListener(IPAddress.Loopback, port);
            try
            {
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // Somebody listens there: the next one may be free.
            }
        }
    }
}
