using System.Diagnostics;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace OllamaProxy.Benchmarks.Load;

/// <summary>
/// An Ollama, on a free port of loopback, whose answers come at a steady pace, and each of whose tokens says when it was
/// sent: by <see cref="Stopwatch.GetTimestamp"/>, with a space behind it.
/// </summary>
internal sealed class TokenServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private TokenServer(WebApplication app) => _app = app;

    public string Address => _app.Urls.Single();

    /// <param name="interval">From one token to the next.</param>
    /// <param name="tokens">How many an answer has.</param>
    /// <param name="cancellationToken">Gives up starting.</param>
    public static async Task<TokenServer> StartAsync(TimeSpan interval, int tokens, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.MapGet("/api/version", () => TypedResults.Text("""{"version":"0.0.0"}""", "application/json"));
        app.MapPost("/api/generate", context => AnswerAsync(context, interval, tokens));
        await app.StartAsync(cancellationToken);
        return new(app);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static async Task AnswerAsync(HttpContext context, TimeSpan interval, int tokens)
    {
        context.Response.ContentType = "application/x-ndjson";
        using var timer = new PeriodicTimer(interval);
        for (var sent = 0; sent < tokens; sent++)
        {
            await timer.WaitForNextTickAsync(context.RequestAborted);
            await SendAsync(context, string.Create(CultureInfo.InvariantCulture, $"{Stopwatch.GetTimestamp()} "), done: "false");
        }
        await SendAsync(context, "", done: "true");
    }

    private static async Task SendAsync(HttpContext context, string token, string done)
    {
        Encoding.UTF8.GetBytes($$"""{"response":"{{token}}","done":{{done}}}""" + "\n", context.Response.BodyWriter);
        await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
    }
}
