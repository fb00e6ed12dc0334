using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Server;

/// <summary>
/// A published server, which <c>OLLAMA_PROXY_TEST_SERVER</c> names: the tests run against it in place of the server's code.
/// </summary>
public sealed class ServerBinary(IReadOnlyDictionary<string, string> settings) : IProxyInstance
{
    private readonly TempFolder _folder = new();
    private ServerProcess? _process;

    public static string? Path { get; } = Environment.GetEnvironmentVariable("OLLAMA_PROXY_TEST_SERVER");

    public IServiceProvider Services =>
        throw new NotSupportedException("This test looks inside the server, and cannot run against a published one.");

    public async Task<Uri> StartAsync()
    {
        var environment = settings.Where(setting => !setting.Key.StartsWith("Logging", StringComparison.Ordinal));
        _process = new(_folder, "",
            [.. environment.Select(setting => (setting.Key == "urls" ? "ASPNETCORE_URLS" : setting.Key, setting.Value))]);
        using var client = await _process.ClientAsync();
        return client.BaseAddress!;
    }

    public async Task StopAsync()
    {
        await _process!.TerminateAsync();
        Assert.Equal(0, await _process.ExitCodeAsync());
    }

    public ValueTask DisposeAsync()
    {
        _process?.Dispose();
        _folder.Dispose();
        return default;
    }
}
