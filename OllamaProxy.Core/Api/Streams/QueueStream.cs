using Microsoft.AspNetCore.Http;
using OllamaProxy.Access;
using OllamaProxy.Api.Prompts;
using OllamaProxy.Configuration;
using OllamaProxy.Ollama.Backends;
using OllamaProxy.Prompts;
using OllamaProxy.Storage;

namespace OllamaProxy.Api.Streams;

/// <summary>
/// Tells a client what happens in the whole queue: <c>counts</c>, and of each prompt what has become of it (<c>queued</c>,
/// <c>started</c>, <c>finished</c>). Where that is too much, or another process did it, the counts must do. While prompts are queued,
/// it also has an event for each backend that goes away or comes back (<c>backend</c>), unless this process only serves and watches none.
/// </summary>
public sealed class QueueStream(IPromptReader reader, BackendPool backends, EventStreams streams, OllamaProxyOptions options,
    TimeProvider time)
{
    /// <summary>The shortest time between two looks: nobody can follow more.</summary>
    private static readonly TimeSpan LeastInterval = TimeSpan.FromMilliseconds(200);

    /// <summary>How often to look at the backends.</summary>
    private static readonly TimeSpan BackendInterval = TimeSpan.FromMilliseconds(500);

    /// <summary>More prompts than this at once are not told one by one.</summary>
    private const int MaxTold = 50;

    /// <summary>The stream, from now on, of what the caller may know of.</summary>
    public IResult FromNow(Caller caller) => streams.Of((stream, cancellationToken) => RunAsync(stream, caller, cancellationToken));

    private async Task RunAsync(EventStream stream, Caller caller, CancellationToken cancellationToken)
    {
        using var subscription = reader.Notifier.SubscribeToAll();
        var told = default(CountsResource);
        var away = new HashSet<string>();
        while (true)
        {
            if (subscription.Take() is { Count: > 0 and <= MaxTold } changed)
                foreach (var summary in await reader.SummariseAsync(changed, cancellationToken))
                    if (caller.Sees(summary.Prompt))
                        stream.Write(EventOf(summary.Prompt.Status), ListEntry.Of(summary), ApiJson.Relaxed.ListEntry);
            var counts = CountsResource.Of(await reader.CountAsync(null, caller.OnlyOwner, cancellationToken));
            if (told != (told = counts))
                stream.Write("counts", counts, ApiJson.Relaxed.CountsResource);
            var isWaiting = options.Worker && counts.Queued > 0;
            if (isWaiting && caller.IsAdmin)
                TellBackends(stream, away);
            await stream.SendAsync(cancellationToken);
            await Task.Delay(LeastInterval, time, cancellationToken);
            await subscription.WaitAsync(isWaiting ? BackendInterval : stream.UntilHeartbeat, time, cancellationToken);
        }
    }

    /// <param name="stream">The stream.</param>
    /// <param name="away">The backends that the last event reported as away.</param>
    private void TellBackends(EventStream stream, HashSet<string> away)
    {
        backends.WatchClosely();
        foreach (var state in backends.All.Select(backend => backend.State))
            if (state.Health == BackendHealth.Unreachable ? away.Add(state.Name) : away.Remove(state.Name))
                stream.Write("backend", new BackendEvent(state.Name, state.Health != BackendHealth.Unreachable),
                    ApiJson.Relaxed.BackendEvent);
    }

    private static string EventOf(PromptStatus status) => status switch
    {
        PromptStatus.Queued => "queued",
        PromptStatus.Processing => "started",
        _ => "finished",
    };
}
