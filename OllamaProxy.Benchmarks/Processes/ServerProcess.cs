using System.Diagnostics;
using System.Net;

namespace OllamaProxy.Benchmarks.Processes;

/// <summary>A server that runs, on a free port of loopback, until this is disposed of.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    /// <summary>What a server says in front of its address.</summary>
    public const string Listening = "Now listening on: ";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TaskCompletionSource<IPEndPoint> _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private string _lastLine = "";

    private ServerProcess(Process process) => Process = process;

    public Process Process { get; }

    /// <summary>Raised for each line that it writes, once it listens.</summary>
    public event Action<string>? LineWritten;

    /// <summary>Where it listens.</summary>
    public IPEndPoint EndPoint => _listening.Task.Result;

    /// <summary>Starts a server, and returns when it listens.</summary>
    /// <exception cref="BenchmarkException">It does not come to that.</exception>
    public static async Task<ServerProcess> StartAsync(
        ServerProgram program, string folder, IEnumerable<(string Name, string Value)> settings, CancellationToken cancellationToken)
    {
        var server = new ServerProcess(program.Start(folder, "http://127.0.0.1:0", settings));
        try
        {
            server.Watch();
            await server._listening.Task.WaitAsync(Patience, cancellationToken);
            return server;
        }
        catch (Exception exception)
        {
            await server.DisposeAsync();
            throw exception is TimeoutException ? new BenchmarkException($"The server {program.File} did not start: {server._lastLine}")
                : exception;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Process.Kill();
        await Process.WaitForExitAsync(CancellationToken.None);
        Process.Dispose();
    }

    private void Watch()
    {
        Process.OutputDataReceived += (_, line) => Read(line.Data);
        Process.ErrorDataReceived += (_, line) => Read(line.Data);
        Process.BeginOutputReadLine();
        Process.BeginErrorReadLine();
    }

    private void Read(string? line)
    {
        if (line is null)
        {
            // The end of its output is the end of the server.
            _listening.TrySetException(new BenchmarkException($"The server ended as it started: {_lastLine}"));
            return;
        }
        _lastLine = line;
        LineWritten?.Invoke(line);
        if (line.IndexOf(Listening, StringComparison.Ordinal) is >= 0 and var at)
            _listening.TrySetResult(new(IPAddress.Loopback, new Uri(line[(at + Listening.Length)..].Trim()).Port));
    }
}
