using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Webhooks;

/// <summary>Who wants to be told, on a port of its own.</summary>
internal sealed class Receiver : IAsyncDisposable
{
    /// <summary>What the events are signed with.</summary>
    public const string Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    /// <summary>Settings with which events are sent to a receiver.</summary>
    public static readonly (string Name, string Value)[] Settings =
        [("OLLAMA_PROXY_WEBHOOK_SECRET", Secret), ("OLLAMA_PROXY_WEBHOOK_ALLOW", "127.0.0.1")];

    private readonly ConcurrentQueue<Received> _received = new();
    private readonly WebApplication _app;

    private Receiver(int port, Func<HttpContext, Received, Task> answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        _app = builder.Build();
        _app.Run(async context =>
        {
            using var reader = new StreamReader(context.Request.Body, new UTF8Encoding(false));
            var received = new Received(
                $"{context.Request.Method} {context.Request.Path}{context.Request.QueryString}",
                context.Request.Headers.ToDictionary(
                    header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase),
                await reader.ReadToEndAsync());
            _received.Enqueue(received);
            await answer(context, received);
        });
    }

    public Uri Address => new(_app.Urls.Single());

    /// <summary>Where events are to be sent.</summary>
    public string Url => new Uri(Address, "hook").ToString();

    /// <summary>What has come so far.</summary>
    public IReadOnlyCollection<Received> All => _received;

    /// <summary>One that answers 204.</summary>
    public static Task<Receiver> StartAsync(int port = 0) => StartAsync((context, _) =>
    {
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }, port);

    public static async Task<Receiver> StartAsync(Func<HttpContext, Received, Task> answer, int port = 0)
    {
        var receiver = new Receiver(port, answer);
        await receiver._app.StartAsync();
        return receiver;
    }

    /// <summary>One that answers a status each time, the last of them from then on.</summary>
    public static Task<Receiver> AnsweringAsync(params int[] statuses)
    {
        var count = -1;
        return StartAsync((context, _) =>
        {
            context.Response.StatusCode = statuses[Math.Min(Interlocked.Increment(ref count), statuses.Length - 1)];
            return Task.CompletedTask;
        });
    }

    /// <summary>One that never answers.</summary>
    public static Task<Receiver> HangingAsync() => StartAsync((context, _) => Task.Delay(Timeout.Infinite, context.RequestAborted));

    /// <summary>Waits until so many have come, and returns them.</summary>
    public async Task<IReadOnlyList<Received>> WaitForAsync(int count)
    {
        await Eventually.True(() => _received.Count >= count, $"{count} events to come to {Address}");
        return [.. _received];
    }

    /// <summary>Has the attempts that wait for their time made now.</summary>
    public static Task HurryAsync(StoreHome home) =>
        home.QueryAsync("UPDATE deliveries SET due_at = 0 WHERE due_at IS NOT NULL RETURNING 1");

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}

/// <summary>A request that came.</summary>
internal sealed record Received(string Request, Dictionary<string, string> Headers, string Body)
{
    public string Id => Headers["webhook-id"];

    public JsonElement Event => JsonDocument.Parse(Body).RootElement;

    public string Type => Event.GetProperty("type").GetString()!;

    public string Subject => Event.GetProperty("data").GetProperty("id").GetString()!;

    /// <summary>It is what was sent by whoever knows the secret, a moment ago.</summary>
    public void AssertSigned(string secret = Receiver.Secret)
    {
        var timestamp = Headers["webhook-timestamp"];
        Assert.InRange(
            long.Parse(timestamp, CultureInfo.InvariantCulture), DateTimeOffset.UtcNow.ToUnixTimeSeconds() - 60,
            DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 1);
        var signature = HMACSHA256.HashData(
            Convert.FromBase64String(secret["whsec_".Length..]), Encoding.UTF8.GetBytes($"{Id}.{timestamp}.{Body}"));
        Assert.Contains($"v1,{Convert.ToBase64String(signature)}", Headers["webhook-signature"].Split(' '));
    }
}
