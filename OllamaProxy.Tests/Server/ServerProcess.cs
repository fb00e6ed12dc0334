using System.Diagnostics;
using System.Text;
using OllamaProxy.Server;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Server;

/// <summary>The server as a process of its own, started in an empty folder.</summary>
public sealed class ServerProcess : IDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _output = new();

    public ServerProcess(TempFolder folder, string arguments, params (string Name, string Value)[] settings)
    {
        var start = new ProcessStartInfo
        {
            FileName = ServerBinary.Path ?? "dotnet",
            Arguments = ServerBinary.Path is null ? $"\"{typeof(ServerApplication).Assembly.Location}\" {arguments}" : arguments,
            WorkingDirectory = folder.Path,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["OLLAMA_PROXY_DB"] = folder.File("queue.db") },
        };
        foreach (var (name, value) in settings)
            start.Environment[name] = value;
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, line) => Append(line.Data);
        _process.ErrorDataReceived += (_, line) => Append(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>Starts it in the folder of a store, which it uses.</summary>
    public static async Task<ServerProcess> StartAsync(StoreHome home, string arguments, params (string Name, string Value)[] settings) =>
        new(home.Folder, arguments, [.. await home.SettingsAsync(), .. settings]);

    public string Output
    {
        get
        {
            lock (_output)
                return _output.ToString();
        }
    }

    /// <summary>Waits until it listens, and returns a client for it.</summary>
    public async Task<HttpClient> ClientAsync()
    {
        const string Listening = "Now listening on: ";
        await Eventually.True(() => Output.Contains(Listening, StringComparison.Ordinal) || _process.HasExited);
        var line = Output.Split('\n').Single(line => line.Contains(Listening, StringComparison.Ordinal));
        return LeavingClient.Of(new(line[(line.IndexOf(Listening, StringComparison.Ordinal) + Listening.Length)..].Trim()));
    }

    public async Task<int> ExitCodeAsync()
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await _process.WaitForExitAsync(deadline.Token);
        return _process.ExitCode;
    }

    /// <summary>Asks it to end, as Ctrl+C and service managers do.</summary>
    public Task TerminateAsync() => SignalAsync("TERM");

    /// <summary>Stops it amid whatever it does, until <see cref="ResumeAsync"/>.</summary>
    public Task SuspendAsync() => SignalAsync("STOP");

    public Task ResumeAsync() => SignalAsync("CONT");

    public void Kill() => _process.Kill();

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        // With a limit, it does not wait for the end of the output, which whoever else holds the pipe puts off.
        _process.WaitForExit(TimeSpan.FromSeconds(60));
        _process.Dispose();
    }

    private async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", $"-{signal} {_process.Id}");
        await kill.WaitForExitAsync();
    }

    private void Append(string? line)
    {
        lock (_output)
            _output.AppendLine(line);
    }
}
