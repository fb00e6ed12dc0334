using System.Diagnostics;
using System.Text;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Functions.StandIn;

/// <summary>The Functions app as a process of its own, started from its output folder as the host starts it.</summary>
internal sealed class WorkerProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly StringBuilder _output = new();

    /// <param name="host">Where the host's gRPC service listens.</param>
    /// <param name="settings">What the environment of the app says beside that.</param>
    public WorkerProcess(Uri host, IEnumerable<(string Name, string Value)> settings)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            ArgumentList =
            {
                Path.Combine(Folder, "OllamaProxy.Functions.dll"), "--functions-uri", host.ToString(), "--functions-worker-id", "worker",
                "--functions-request-id", "start", "--functions-grpc-max-message-length", $"{int.MaxValue}",
            },
            WorkingDirectory = Folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["FUNCTIONS_APPLICATION_DIRECTORY"] = Folder },
        };
        foreach (var (name, value) in settings)
            start.Environment[name] = value;
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, line) => Append(line.Data);
        _process.ErrorDataReceived += (_, line) => Append(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>
    /// The output folder of the app itself, of the same configuration as that of the tests. Theirs has a copy of the app, but with their
    /// versions of the packages that both use.
    /// </summary>
    public static string Folder { get; } = Path.Combine(
        Repository.File("OllamaProxy.Functions"), Path.GetRelativePath(Repository.File("OllamaProxy.Tests"), AppContext.BaseDirectory));

    public string Output
    {
        get
        {
            lock (_output)
                return _output.ToString();
        }
    }

    public async Task<int> ExitCodeAsync()
    {
        using var deadline = new CancellationTokenSource(Patience);
        await _process.WaitForExitAsync(deadline.Token);
        return _process.ExitCode;
    }

    /// <summary>Waits until the worker is ready, and fails with what it has said if it ends instead.</summary>
    public async Task BecomesReadyAsync(Task ready)
    {
        using var deadline = new CancellationTokenSource(Patience);
        var exit = _process.WaitForExitAsync(deadline.Token);
        if (await Task.WhenAny(ready, exit) == exit || ready.IsCanceled)
            Assert.Fail($"The worker has ended, or does nothing: {Output}");
        await deadline.CancelAsync();
        await ready;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.WaitForExit(Patience);
        _process.Dispose();
    }

    private void Append(string? line)
    {
        lock (_output)
            _output.AppendLine(line);
    }
}
