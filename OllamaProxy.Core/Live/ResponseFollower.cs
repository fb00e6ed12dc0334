using OllamaProxy.Prompts;
using OllamaProxy.Storage;

namespace OllamaProxy.Live;

/// <summary>
/// Follows the answer to a call that another process runs, as that process stores it, so that the client of this process gets it as it
/// comes. What this process runs itself takes no such detour.
/// </summary>
/// <param name="store">The store.</param>
/// <param name="outputs">What runs in this process.</param>
/// <param name="prompt">The prompt that the call has become.</param>
/// <param name="subscription">That of the client.</param>
/// <param name="time">The clock.</param>
internal sealed class ResponseFollower(
    IPromptReader store, AttemptOutputs outputs, Prompt prompt, ResponseSubscription subscription, TimeProvider time)
{
    /// <summary>How often the store is asked even if nothing is notified.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private ResponseBuffer? _buffer;
    private DateTimeOffset? _attempt;
    private int _length;

    /// <summary>
    /// Publishes the answer to the subscription until the prompt has ended. An answer of which the client has read some, and whose attempt
    /// does not complete it, ends without being whole: what another attempt says would not fit.
    /// </summary>
    /// <param name="cancellationToken">Stops following.</param>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var changes = store.Notifier.Subscribe(prompt.Seq, text: true);
        try
        {
            while (!await FollowAsync(cancellationToken))
                await changes.WaitAsync(Interval, time, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Nobody reads it any more.
        }
        finally
        {
            _buffer?.Dispose();
        }
    }

    /// <summary>Publishes what is stored by now, and returns whether no more will come.</summary>
    private async Task<bool> FollowAsync(CancellationToken cancellationToken)
    {
        try
        {
            var now = await store.FindAsync(prompt.Id, cancellationToken);
            if (_buffer is not null && now?.StartedAt != _attempt && !TryDiscard())
                return true;
            if (now?.Status.HasEnded() is not false)
            {
                await EndAsync(now, cancellationToken);
                return true;
            }
            if (now.Status == PromptStatus.Processing && outputs.Find(now) is null)
                await PublishAsync(now, cancellationToken);
            return false;
        }
        catch (StoreException)
        {
            // It cannot tell at the moment; the client waits for that as for Ollama.
            return false;
        }
    }

    private async Task PublishAsync(Prompt running, CancellationToken cancellationToken)
    {
        while (await store.ReadResponseAsync(running, _length, cancellationToken) is { } chunk)
        {
            if (_buffer is null)
            {
                (_buffer, _attempt) = (new(subscription), running.StartedAt);
                _buffer.Begin(chunk.Status, chunk.Headers);
                subscription.Current = _buffer;
            }
            _buffer.Append(chunk.Bytes.Span);
            _buffer.Publish(_length = chunk.End);
        }
    }

    /// <summary>Publishes the rest of an answer that has begun. Of one that has not, the client is told by what the store has.</summary>
    private async Task EndAsync(Prompt? ended, CancellationToken cancellationToken)
    {
        if (_buffer is null)
        {
            if (subscription.Current is { HasEnded: false })
                return; // It was run here, and is about to end.
            subscription.Current = new(subscription);
            subscription.Current.Dispose();
            return;
        }
        if (ended is null || await store.FindResponseAsync(ended.Id, cancellationToken) is not { } response)
            return;
        var skip = _length;
        await foreach (var piece in response.Body.Pieces(cancellationToken))
        {
            var rest = piece[Math.Min(skip, piece.Length)..];
            skip -= piece.Length - rest.Length;
            _buffer.Append(rest.Span);
            _length += rest.Length;
        }
        _buffer.MarkComplete();
    }

    /// <summary>Discards an answer whose attempt is over, so that another can be followed. False: the client has read some of it.</summary>
    private bool TryDiscard()
    {
        if (!_buffer!.TryDiscard())
            return false;
        (_buffer, _length) = (null, 0);
        return true;
    }
}
