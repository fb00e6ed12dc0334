using Microsoft.AspNetCore.Http;
using OllamaProxy.Api.Prompts;
using OllamaProxy.Configuration;
using OllamaProxy.Live;
using OllamaProxy.Notifications;
using OllamaProxy.Prompts;
using OllamaProxy.Queue;
using OllamaProxy.Storage;

namespace OllamaProxy.Api.Streams;

/// <summary>
/// Tells a client what happens to a prompt, as it happens, until the prompt has ended. It keeps nothing but how far the client
/// is: whatever there is beyond that is written, as fast as the client takes it.
/// </summary>
public sealed class PromptStream(PromptQueue queue, IPromptReader reader, PromptTexts texts, EventStreams streams,
    OllamaProxyOptions options, TimeProvider time)
{
    /// <summary>
    /// How often to look whether a queued prompt has moved up, or waits for something else: what makes that is no change of the
    /// prompt.
    /// </summary>
    private static readonly TimeSpan PositionInterval = TimeSpan.FromMilliseconds(500);

    /// <summary>The stream of a prompt, from where the client is.</summary>
    internal IResult From(Prompt prompt, StreamPosition position) =>
        streams.Of((stream, cancellationToken) => RunAsync(stream, prompt, position, cancellationToken));

    private async Task RunAsync(EventStream stream, Prompt first, StreamPosition position, CancellationToken cancellationToken)
    {
        using var subscription = reader.Notifier.Subscribe(first.Seq, text: true);
        await RunAsync(stream, first, position, subscription, cancellationToken);
    }

    private async Task RunAsync(EventStream stream, Prompt first, StreamPosition position, PromptSubscription subscription,
        CancellationToken cancellationToken)
    {
        var sent = default((DateTimeOffset, long?, WaitReason?));
        // Once it is deleted, somebody else may put a prompt under its id.
        while (await reader.FindAsync(first.Id, cancellationToken) is { } prompt && prompt.Seq == first.Seq)
        {
            var queuePosition = await queue.FindPositionAsync(prompt, cancellationToken);
            if (sent != (sent = (prompt.UpdatedAt, queuePosition?.Position, queuePosition?.WaitsFor)))
                stream.Write("status", StatusResource.Of(prompt, queuePosition, options.MaxAttempts), ApiJson.Relaxed.StatusResource);
            var more = !prompt.Status.HasEnded() || texts.IsLive(prompt);
            position = await WriteTextAsync(stream, prompt, position, cancellationToken);
            if (!more)
            {
                var result = new PromptOutputResult(prompt, await reader.FindResultAsync(prompt.Id, cancellationToken));
                await stream.WriteAsync("done", result, (position with { Done = true }).ToString(), cancellationToken);
                return;
            }
            await stream.SendAsync(cancellationToken);
            await subscription.WaitAsync(queuePosition is null ? stream.UntilHeartbeat : PositionInterval, time, cancellationToken);
        }
        await stream.WriteProblemAsync(
            StatusCodes.Status404NotFound, $"The prompt with the id '{first.Id}' was deleted.", cancellationToken);
    }

    /// <summary>Writes what there is beyond the client's position, and returns its new one.</summary>
    private async Task<StreamPosition> WriteTextAsync(EventStream stream, Prompt prompt, StreamPosition position,
        CancellationToken cancellationToken)
    {
        // While it waits for another attempt, what the last one generated stands.
        if (prompt.Status == PromptStatus.Queued)
            return position;
        var attempt = StreamPosition.AttemptOf(prompt);
        if (position.Attempt != attempt)
        {
            var isVoid = position.HasText;
            position = new(attempt, default);
            if (isVoid)
                stream.Write("reset", new ResetEvent(prompt.Attempts), ApiJson.Relaxed.ResetEvent, position.ToString());
        }
        await foreach (var chunk in texts.ReadAsync(prompt, position.Offset, cancellationToken))
        {
            if (chunk.Thinking.Length > 0)
            {
                position = position with { Offset = position.Offset with { Thinking = chunk.End.Thinking } };
                stream.Write("token", new TokenEvent(Thinking: chunk.Thinking), ApiJson.Relaxed.TokenEvent, position.ToString());
            }
            if (chunk.Text.Length > 0)
            {
                position = position with { Offset = chunk.End };
                stream.Write("token", new TokenEvent(chunk.Text), ApiJson.Relaxed.TokenEvent, position.ToString());
            }
            await stream.SendAsync(cancellationToken);
        }
        return position;
    }
}
