using System.Diagnostics;
using System.Text;

namespace OllamaProxy.Tests.Clients;

/// <summary>A client in a process of its own.</summary>
internal sealed class ClientProcess : IDisposable
{
    private readonly Process _process;
    private readonly CancellationTokenSource _patience = new(TimeSpan.FromSeconds(60));
    private readonly Task<string> _errors;

    /// <param name="program">The program.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="encoding">That of its output.</param>
    public ClientProcess(string program, IEnumerable<string> arguments, Encoding encoding)
    {
        _process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = encoding,
        })!;
        _errors = _process.StandardError.ReadToEndAsync(_patience.Token);
    }

    /// <summary>What it wrote until it ended, which is not nothing.</summary>
    public async Task<string> ReadToEndAsync()
    {
        var output = await _process.StandardOutput.ReadToEndAsync(_patience.Token);
        Assert.True(output.Length > 0, await _errors);
        await _process.WaitForExitAsync(_patience.Token);
        return output;
    }

    /// <summary>What it writes up to and with a text.</summary>
    public async Task<string> ReadUntilAsync(string end)
    {
        var output = new StringBuilder();
        var character = new char[1];
        while (!output.ToString().EndsWith(end, StringComparison.Ordinal))
        {
            Assert.True(await _process.StandardOutput.ReadAsync(character, _patience.Token) > 0, $"'{end}' did not come: {output}");
            output.Append(character);
        }
        return output.ToString();
    }

    public void Dispose()
    {
        _process.Kill(entireProcessTree: true);
        _process.Dispose();
        _patience.Dispose();
    }
}
