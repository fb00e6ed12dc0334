using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using OllamaProxy.Tests.Support;
using OllamaProxy.Tests.Support.Backends;

namespace OllamaProxy.Tests.Ollama;

/// <summary>A backend that breaks at each prompt, and is back a moment after somebody has looked.</summary>
public sealed class StrangeBackendTests
{
    private static readonly TimeSpan Recovery = TimeSpan.FromSeconds(1.5);

    [Theory]
    [InlineData(false)]
    [InlineData(true)] // Who asks for the status has the backend looked at each second.
    public async Task A_backend_that_answers_strangely_and_is_away_then_is_asked_more_and_more_seldom(bool isWatched)
    {
        var asked = new ConcurrentQueue<long>();
        // Since the last prompt, by path. From the look on, not from the prompt: a busy machine may look late.
        var firstLooks = new ConcurrentDictionary<string, long>();
        await using var ollama = await RawOllama.AnswerAllAsync(context =>
        {
            if (context.Request.Method == "POST")
            {
                asked.Enqueue(Stopwatch.GetTimestamp());
                firstLooks.Clear();
                return context.Response.WriteAsync("<html>");
            }
            if (!asked.IsEmpty
                && Stopwatch.GetElapsedTime(firstLooks.GetOrAdd(context.Request.Path, _ => Stopwatch.GetTimestamp())) < Recovery)
            {
                context.Response.StatusCode = StatusCodes.Status500InternalServerError;
                return Task.CompletedTask;
            }
            return context.Response.WriteAsJsonAsync(new { version = "1.2.3", models = Array.Empty<object>() });
        });
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Server, null, ("OLLAMA_URL", ollama.Url));
        var id = await proxy.SubmitAsync(new { prompt = "hello" });

        await Eventually.NotNull(async () =>
        {
            if (isWatched)
                await proxy.StatusAsync(id);
            return asked.Count >= 4 ? asked : null;
        }, "the prompt to be sent four times");

        var times = asked.ToArray();
        Assert.True(Stopwatch.GetElapsedTime(times[2], times[3]) > TimeSpan.FromSeconds(1.9), "It was asked again too soon.");
        var prompt = await proxy.StatusWhenAsync(id, status => status.GetProperty("status").GetString() == "queued");
        Assert.Equal(0, prompt.GetProperty("attempts").GetInt32());
    }
}
