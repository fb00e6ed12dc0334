using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using OllamaProxy.Server;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Server;

/// <summary>The server under something that is called systemd, and listens for what services tell it.</summary>
public sealed class SystemdTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [LinuxFact]
    public async Task It_tells_when_it_is_ready_and_when_it_stops()
    {
        using var notifications = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        notifications.Bind(new UnixDomainSocketEndPoint(_folder.File("notify")));
        // A service is known by its parent's name, which a shell that has another one stands in for here.
        File.Copy("/bin/sh", _folder.File("systemd"));
        var server = ServerBinary.Path is { } binary ? $"'{binary}'" : $"dotnet '{typeof(ServerApplication).Assembly.Location}'";
        using var systemd = Process.Start(new ProcessStartInfo(_folder.File("systemd"),
            ["-c", $"{server} --urls http://127.0.0.1:0 & trap \"kill -TERM $!\" TERM; wait; wait"])
        {
            RedirectStandardOutput = true,
            WorkingDirectory = _folder.Path,
            Environment = { ["OLLAMA_PROXY_DB"] = _folder.File("queue.db"), ["NOTIFY_SOCKET"] = _folder.File("notify") },
        })!;

        Assert.Contains("READY=1", await NotificationAsync(notifications), StringComparison.Ordinal);
        using (var kill = Process.Start("kill", $"-TERM {systemd.Id}"))
            await kill.WaitForExitAsync();

        Assert.Contains("STOPPING=1", await NotificationAsync(notifications), StringComparison.Ordinal);
        Assert.Contains("Now listening on: ", await systemd.StandardOutput.ReadToEndAsync(), StringComparison.Ordinal);
        await systemd.WaitForExitAsync();
        Assert.Equal(["queue.db"], Directory.GetFiles(_folder.Path, "queue.db*").Select(Path.GetFileName));
    }

    private static async Task<string> NotificationAsync(Socket socket)
    {
        var buffer = new byte[1024];
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        return Encoding.UTF8.GetString(buffer, 0, await socket.ReceiveAsync(buffer, patience.Token));
    }
}
