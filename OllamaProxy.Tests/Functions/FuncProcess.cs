using System.Diagnostics;
using System.Text;
using OllamaProxy.Benchmarks.Processes;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Functions;

/// <summary><c>func start</c> at the top of the checkout: the real host, on a port of its own.</summary>
public sealed class FuncProcess : IDisposable
{
    /// <summary>It builds the app first.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly Process _process;
    private readonly StringBuilder _output = new();

    public FuncProcess(params (string Name, string Value)[] settings)
    {
        var port = FreePort.Next();
        Client = new() { BaseAddress = new($"http://localhost:{port}") };
        var start = new ProcessStartInfo("func", $"start --script-root OllamaProxy.Functions --port {port}")
        {
            WorkingDirectory = Repository.Folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in settings)
            start.Environment[name] = value;
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, line) => Append(line.Data);
        _process.ErrorDataReceived += (_, line) => Append(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public HttpClient Client { get; }

    public string Output
    {
        get
        {
            lock (_output)
                return _output.ToString();
        }
    }

    public Task StartedAsync() => Eventually.NotNull(async () =>
    {
        Assert.False(_process.HasExited, Output);
        try
        {
            using var response = await Client.GetAsync("/healthz");
            return response.IsSuccessStatusCode ? "up" : null;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }, "the host to answer", Patience);

    /// <summary>Asks the host to end, and waits for it.</summary>
    public async Task TerminateAsync()
    {
        using var kill = Process.Start("kill", $"-TERM {_process.Id}");
        await kill.WaitForExitAsync();
        using var deadline = new CancellationTokenSource(Patience);
        await _process.WaitForExitAsync(deadline.Token);
    }

    /// <summary>Kills the host, and not its worker.</summary>
    public void Kill() => _process.Kill();

    /// <summary>The workers of the host, as processes of their own: on Linux.</summary>
    public IReadOnlyList<Process> Workers() =>
    [
        .. Process.GetProcesses().Where(process => File.Exists($"/proc/{process.Id}/status")
            && File.ReadLines($"/proc/{process.Id}/status").Contains($"PPid:\t{_process.Id}")),
    ];

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        // With a limit, it does not wait for the end of the output, which whoever else holds the pipe puts off.
        _process.WaitForExit(TimeSpan.FromSeconds(60));
        _process.Dispose();
        Client.Dispose();
    }

    private void Append(string? line)
    {
        lock (_output)
            _output.AppendLine(line);
    }
}
