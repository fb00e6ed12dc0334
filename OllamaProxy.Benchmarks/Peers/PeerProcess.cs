using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace OllamaProxy.Benchmarks.Peers;

/// <summary>A peer that runs, on a free port of loopback, until this is disposed of. It needs a shell, and Linux's <c>/proc</c>.</summary>
internal sealed class PeerProcess : IAsyncDisposable
{
    private const double TicksASecond = 100; // USER_HZ, as proc(5) counts CPU time on every common architecture.

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    private readonly Process _process;

    private PeerProcess(Process process, IPEndPoint endPoint) => (_process, EndPoint) = (process, endPoint);

    /// <summary>Where it listens.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>Starts it, and returns when it takes connections.</summary>
    /// <exception cref="BenchmarkException">It does not come to that.</exception>
    public static async Task<PeerProcess> StartAsync(Peer peer, string folder, IPEndPoint ollama, CancellationToken cancellationToken)
    {
        var endPoint = FreeEndPoint();
        foreach (var (name, text) in peer.Files)
            await File.WriteAllTextAsync(Path.Combine(folder, name), Fill(text), cancellationToken);
        var start = new ProcessStartInfo("/bin/sh", ["-c", $"exec {Fill(peer.Command)}"]) { WorkingDirectory = folder };
        start.Environment["PATH"] = $"{start.Environment["PATH"]}:/usr/sbin";
        start.Environment.Remove(Load.LoadGenerator.InlineCompletions);
        var process = new PeerProcess(Process.Start(start)!, endPoint);
        try
        {
            await process.ListensAsync(peer, cancellationToken);
            return process;
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }

        string Fill(string text) => text
            .Replace("{port}", endPoint.Port.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .Replace("{ollama}", ollama.ToString(), StringComparison.Ordinal)
            .Replace("{folder}", folder, StringComparison.Ordinal);
    }

    /// <summary>The number of its process.</summary>
    public int Id => _process.Id;

    /// <summary>The CPU time of a process and of those that it has started and that still run.</summary>
    public static TimeSpan CpuTimeOf(int id)
    {
        var all = Directory.EnumerateDirectories("/proc").Select(folder => Stat.Read(Path.Combine(folder, "stat"))).OfType<Stat>().ToList();
        var family = new HashSet<int> { id };
        while (all.Where(process => family.Contains(process.Parent)).Any(process => family.Add(process.Id)))
        {
        }
        return TimeSpan.FromSeconds(all.Where(process => family.Contains(process.Id)).Sum(process => process.Ticks) / TicksASecond);
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
    }

    private async Task ListensAsync(Peer peer, CancellationToken cancellationToken)
    {
        for (var started = Stopwatch.GetTimestamp(); ; await Task.Delay(Interval, cancellationToken))
        {
            if (_process.HasExited)
                throw new BenchmarkException($"The peer {peer.Name} ended as it started, with exit code {_process.ExitCode}.");
            try
            {
                using var socket = new TcpClient();
                await socket.ConnectAsync(EndPoint, cancellationToken);
                return;
            }
            catch (SocketException exception) when (Stopwatch.GetElapsedTime(started) >= Patience)
            {
                throw new BenchmarkException($"The peer {peer.Name} does not listen on port {EndPoint.Port}: {exception.Message}");
            }
            catch (SocketException)
            {
                // Not yet.
            }
        }
    }

    private static IPEndPoint FreeEndPoint()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return (IPEndPoint)listener.LocalEndpoint;
    }

    /// <summary>What proc(5) tells of a process.</summary>
    private sealed record Stat(int Id, int Parent, long Ticks)
    {
        /// <summary>Reads it; null: the process has ended, or it is none.</summary>
        public static Stat? Read(string path)
        {
            try
            {
                var text = File.ReadAllText(path);
                // The name, in parentheses, may contain anything.
                var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
                var id = Number(text[..text.IndexOf(' ', StringComparison.Ordinal)]);
                return new(id, Number(fields[1]), Number(fields[11]) + Number(fields[12]));
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or FormatException)
            {
                return null;
            }
        }

        private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
    }
}
