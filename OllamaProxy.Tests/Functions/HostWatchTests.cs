using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using OllamaProxy.Benchmarks.Processes;
using OllamaProxy.Functions;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Functions;

/// <summary>How the Functions worker learns that its host stops, or is gone.</summary>
public sealed class HostWatchTests
{
    [Fact]
    public async Task A_worker_whose_parent_is_another_process_now_ends()
    {
        var (parent, ended) = (4711, false);
        using var watch = new ParentWatch(() => Volatile.Read(ref parent), () => Volatile.Write(ref ended, true), TimeProvider.System);
        await watch.StartAsync(default);
        Assert.False(Volatile.Read(ref ended));

        Volatile.Write(ref parent, 1);

        await Eventually.True(() => Volatile.Read(ref ended));
        await watch.StopAsync(default);
    }

    [Fact]
    public async Task The_parent_is_the_process_that_started_this_one()
    {
        if (!OperatingSystem.IsLinux())
            return;
        var status = await File.ReadAllLinesAsync("/proc/self/status");
        Assert.Contains($"PPid:\t{ParentWatch.CurrentParentId()}", status);
    }

    [Fact]
    public async Task A_host_that_refuses_connections_after_it_took_some_has_begun_to_stop()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start(1000);
        var stopped = 0;
        using var watch = new ListenerWatch(((IPEndPoint)listener.LocalEndpoint).Port, () =>
            Interlocked.Increment(ref stopped), TimeProvider.System);
        await watch.StartAsync(default);
        using (await listener.AcceptTcpClientAsync())
        using (await listener.AcceptTcpClientAsync())
            Assert.Equal(0, Volatile.Read(ref stopped));

        listener.Stop();

        await Eventually.True(() => Volatile.Read(ref stopped) == 1);
        await watch.ExecuteTask!;
    }

    [Fact]
    public async Task A_host_that_has_yet_to_listen_has_not_stopped()
    {
        var port = FreePort.Next();
        var stopped = 0;
        using var watch = new ListenerWatch(port, () => Interlocked.Increment(ref stopped), TimeProvider.System);
        var started = Stopwatch.GetTimestamp();
        await watch.StartAsync(default);
        // As long as several refusals take.
        await Eventually.True(() => Stopwatch.GetElapsedTime(started) > TimeSpan.FromSeconds(2));
        Assert.Equal(0, Volatile.Read(ref stopped));

        using var late = new TcpListener(IPAddress.Loopback, port);
        late.Start(1000);
        using (await late.AcceptTcpClientAsync())
            Assert.Equal(0, Volatile.Read(ref stopped));
        late.Stop();

        await Eventually.True(() => Volatile.Read(ref stopped) == 1);
    }

    [Theory]
    [InlineData("localhost:8000", "http://localhost:8000/", 8000)]
    [InlineData("127.0.0.1:7071", "http://127.0.0.1:7071/", 7071)]
    [InlineData("0.0.0.0:8000", "http://localhost:8000/", 8000)]
    [InlineData("[::1]:8000", "http://[::1]:8000/", 8000)]
    [InlineData("localhost", "http://localhost/", 80)]
    [InlineData("machine:8000", "http://machine:8000/", null)]
    [InlineData("my-app.azurewebsites.net", "https://my-app.azurewebsites.net/", null)]
    [InlineData("", null, null)]
    [InlineData(" ", null, null)]
    [InlineData(null, null, null)]
    [InlineData("not a host", null, null)]
    public void The_address_of_the_app_is_what_the_host_says_of_itself(string? hostName, string? address, int? port)
    {
        Assert.Equal(address, AppAddress.Of(hostName)?.ToString());
        Assert.Equal(port, AppAddress.LocalPort(hostName));
    }
}
