using Microsoft.AspNetCore.Http;
using OllamaProxy.Api.Streams;
using OllamaProxy.Notifications;
using OllamaProxy.Prompts;
using OllamaProxy.Storage;

namespace OllamaProxy.Api.Responses;

/// <summary>
/// Follows a response in events, by way of the store, so that any process can, also after the one that ran it has died. It keeps nothing
/// but how far the client is. Leaving it cancels nothing.
/// </summary>
public sealed class ResponseStream(IPromptReader reader, EventStreams streams, TimeProvider time)
{
    /// <summary>How often the store is asked even if nothing is notified: another process may run it.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    /// <summary>The events that come after the one with a number.</summary>
    internal IResult From(ResponseRecord record, long after) => streams.Of(async (stream, cancellationToken) =>
    {
        using var subscription = reader.Notifier.Subscribe(record.Prompt.Seq, text: true);
        await RunAsync(stream, record, new(stream, record, after), subscription, cancellationToken);
    });

    private async Task RunAsync(EventStream stream, ResponseRecord record, ResponseEventWriter events, PromptSubscription subscription,
        CancellationToken cancellationToken)
    {
        // Once it is deleted, the stream ends.
        while (await reader.FindAsync(record.Prompt.Id, cancellationToken) is { } prompt && prompt.Seq == record.Prompt.Seq)
        {
            events.WriteQueued();
            if (prompt.Status == PromptStatus.Processing)
                await FollowAsync(stream, prompt, events, cancellationToken);
            else if (prompt.Status.HasEnded())
                await EndAsync(stream, record with { Prompt = prompt }, events, cancellationToken);
            await stream.SendAsync(cancellationToken);
            if (prompt.Status.HasEnded())
                return;
            var wait = stream.UntilHeartbeat < Interval ? stream.UntilHeartbeat : Interval;
            await subscription.WaitAsync(wait, time, cancellationToken);
        }
    }

    private async Task FollowAsync(
        EventStream stream, Prompt prompt, ResponseEventWriter events, CancellationToken cancellationToken)
    {
        events.BeginAttempt(prompt);
        while (await reader.ReadResponseAsync(prompt, events.Length, cancellationToken) is { } chunk)
        {
            events.Append(chunk.Bytes.Span);
            await stream.SendAsync(cancellationToken);
        }
    }

    private async Task EndAsync(
        EventStream stream, ResponseRecord record, ResponseEventWriter events, CancellationToken cancellationToken)
    {
        var prompt = record.Prompt;
        if (prompt.Status == PromptStatus.Completed && await reader.FindResponseAsync(prompt.Id, cancellationToken) is { } response)
        {
            events.BeginAttempt(prompt);
            var skip = events.Length;
            await foreach (var piece in response.Body.Pieces(cancellationToken))
            {
                var rest = piece[Math.Min(skip, piece.Length)..];
                skip -= piece.Length - rest.Length;
                events.Append(rest.Span);
                await stream.SendAsync(cancellationToken);
            }
        }
        if (!events.HasEnded)
            events.WriteEnd(prompt, ResponseObject.Ended(record, default));
    }
}
