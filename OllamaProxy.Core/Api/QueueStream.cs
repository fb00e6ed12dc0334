using Microsoft.AspNetCore.Http;
using OllamaProxy.Prompts;

namespace OllamaProxy.Api;

/// <summary>
/// Tells a client what happens in the whole queue: <c>counts</c>, and of each prompt what has become of it (<c>queued</c>,
/// <c>started</c>, <c>finished</c>). Where that is too much, or another process did it, the counts must do.
/// </summary>
public sealed class QueueStream(PromptQueue queue, EventStreams streams, TimeProvider time)
{
    /// <summary>The shortest time between two looks: nobody can follow more.</summary>
    private static readonly TimeSpan LeastInterval = TimeSpan.FromMilliseconds(200);

    /// <summary>More prompts than this at once are not told one by one.</summary>
    private const int MaxTold = 50;

    /// <summary>The stream, from now on.</summary>
    public IResult FromNow() => streams.Of(RunAsync);

    private async Task RunAsync(EventStream stream, CancellationToken cancellationToken)
    {
        using var watch = queue.WatchAll();
        var told = default(CountsResource);
        while (true)
        {
            if (watch.Take() is { Count: > 0 and <= MaxTold } changed)
                foreach (var summary in await queue.SummariseAsync(changed, cancellationToken))
                    stream.Write(EventOf(summary.Prompt.Status), ListEntry.Of(summary), ApiJson.Relaxed.ListEntry);
            var counts = CountsResource.Of(await queue.CountAsync(cancellationToken));
            if (told != (told = counts))
                stream.Write("counts", counts, ApiJson.Relaxed.CountsResource);
            await stream.SendAsync(cancellationToken);
            await Task.Delay(LeastInterval, time, cancellationToken);
            await watch.WaitAsync(stream.UntilHeartbeat, time, cancellationToken);
        }
    }

    private static string EventOf(PromptStatus status) => status switch
    {
        PromptStatus.Queued => "queued",
        PromptStatus.Processing => "started",
        _ => "finished",
    };
}
