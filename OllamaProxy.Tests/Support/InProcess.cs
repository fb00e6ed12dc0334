using Microsoft.AspNetCore.Builder;

namespace OllamaProxy.Tests.Support;

/// <summary>Ollama Proxy in the process of the tests.</summary>
public sealed class InProcess(WebApplication app) : IProxyInstance
{
    public IServiceProvider Services => app.Services;

    /// <summary>A host that is given its settings on the command line.</summary>
    public static ProxyHost Host(Func<string[], WebApplication> create) =>
        settings => new InProcess(create([.. settings.Select(setting => $"--{setting.Key}={setting.Value}")]));

    public async Task<Uri> StartAsync()
    {
        await app.StartAsync();
        return new(app.Urls.Single());
    }

    public Task StopAsync() => app.StopAsync();

    public ValueTask DisposeAsync() => app.DisposeAsync();
}
