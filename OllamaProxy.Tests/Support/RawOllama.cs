using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace OllamaProxy.Tests.Support;

/// <summary>An Ollama that answers whatever bytes a test wants, such as the Simulator cannot send.</summary>
internal sealed class RawOllama : IAsyncDisposable
{
    private readonly WebApplication _app;
    private int _requests;

    private RawOllama(Func<Answer, Task> answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = null);
        _app = builder.Build();
        _app.MapGet("/api/version", () => Results.Json(new { version = "0.0.0" }));
        _app.MapPost("/api/generate", async (HttpContext context) =>
        {
            Interlocked.Increment(ref _requests);
            using var body = await JsonDocument.ParseAsync(context.Request.Body);
            await answer(new(context, body.RootElement.GetProperty("prompt").GetString()!));
        });
    }

    public string Url => _app.Urls.Single();

    /// <summary>How many generations were asked for.</summary>
    public int Requests => Volatile.Read(ref _requests);

    public static async Task<RawOllama> StartAsync(Func<Answer, Task> answer)
    {
        var ollama = new RawOllama(answer);
        await ollama._app.StartAsync();
        return ollama;
    }

    /// <summary>A line of an answer.</summary>
    public static byte[] Line(string response, bool done = false) => [.. JsonSerializer.SerializeToUtf8Bytes(new { response, done }), (byte)'\n'];

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    /// <summary>A generation that was asked for.</summary>
    internal sealed class Answer(HttpContext context, string prompt)
    {
        public string Prompt => prompt;

        public CancellationToken Gone => context.RequestAborted;

        public Task SendAsync(string text) => SendAsync(Encoding.UTF8.GetBytes(text));

        /// <summary>Sends bytes at once.</summary>
        public async Task SendAsync(ReadOnlyMemory<byte> bytes)
        {
            await context.Response.Body.WriteAsync(bytes, Gone);
            await context.Response.Body.FlushAsync(Gone);
        }

        public Task SendHeadersAsync() => context.Response.StartAsync(Gone);
    }
}
