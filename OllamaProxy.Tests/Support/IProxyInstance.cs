namespace OllamaProxy.Tests.Support;

/// <summary>Ollama Proxy, put together on one of its hosts.</summary>
public interface IProxyInstance : IAsyncDisposable
{
    /// <summary>What it is made of, where it runs in this process.</summary>
    IServiceProvider Services { get; }

    /// <summary>Starts it, and returns its address.</summary>
    Task<Uri> StartAsync();

    /// <summary>Ends it as Ctrl+C does.</summary>
    Task StopAsync();
}
