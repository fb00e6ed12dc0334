using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace OllamaProxy.Tests.Worker;

/// <summary>A web server that is not Ollama: it answers everything with a page.</summary>
public sealed class ForeignServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private int _generations;

    private ForeignServer(WebApplication app) => _app = app;

    public string Address => _app.Urls.Single();

    /// <summary>Whether it at least knows <c>/api/version</c>, until it is asked to generate.</summary>
    public bool HasVersion { get; set; }

    public int Generations => Volatile.Read(ref _generations);

    public static async Task<ForeignServer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var server = new ForeignServer(builder.Build());
        server._app.Run(server.AnswerAsync);
        await server._app.StartAsync();
        return server;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private Task AnswerAsync(HttpContext context)
    {
        if (context.Request.Path == "/api/generate")
        {
            HasVersion = false;
            Interlocked.Increment(ref _generations);
        }
        var isVersion = HasVersion && context.Request.Path == "/api/version";
        return context.Response.WriteAsync(isVersion ? """{"version":"0.0.0"}""" : "<html>Welcome</html>");
    }
}
