using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace OllamaProxy.Tests.Support.Backends;

/// <summary>An Ollama that answers whatever bytes a test wants, such as the Simulator cannot send.</summary>
internal sealed class RawOllama : IAsyncDisposable
{
    private readonly WebApplication _app;
    private int _requests;

    private RawOllama(Action<RawOllama> map)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.ResponseHeaderEncodingSelector = _ => Encoding.UTF8;
        });
        _app = builder.Build();
        map(this);
    }

    public string Url => _app.Urls.Single();

    /// <summary>How many calls there were.</summary>
    public int Requests => Volatile.Read(ref _requests);

    /// <summary>Answers calls, and knows its version.</summary>
    public static Task<RawOllama> StartAsync(Func<Answer, Task> answer) => StartAsync(ollama =>
    {
        ollama._app.MapGet("/api/version", () => Results.Json(new { version = "0.0.0" }));
        ollama._app.MapPost("/{**path}", async (HttpContext context) =>
        {
            Interlocked.Increment(ref ollama._requests);
            using var body = await JsonDocument.ParseAsync(context.Request.Body);
            await answer(new(context, body.RootElement.TryGetProperty("prompt", out var prompt) ? prompt.GetString()! : ""));
        });
    });

    /// <summary>Answers everything, in whatever way.</summary>
    public static Task<RawOllama> AnswerAllAsync(RequestDelegate answer) => StartAsync(ollama => ollama._app.Run(answer));

    private static async Task<RawOllama> StartAsync(Action<RawOllama> map)
    {
        var ollama = new RawOllama(map);
        await ollama._app.StartAsync();
        return ollama;
    }

    /// <summary>A line of an answer.</summary>
    public static byte[] Line(string response, bool done = false) =>
        [.. JsonSerializer.SerializeToUtf8Bytes(new { response, done }), (byte)'\n'];

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    /// <summary>A call.</summary>
    internal sealed class Answer(HttpContext context, string prompt)
    {
        public string Prompt => prompt;

        public HttpContext Context => context;

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
