using System.Threading.Channels;

namespace OllamaProxy.Prompts;

/// <summary>Tells the worker of this process that a prompt was queued here, so that it need not wait for its next poll.</summary>
public sealed class QueueSignal
{
    private readonly Channel<bool> _raised = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>Raises the signal; it stays up until <see cref="Lower"/>.</summary>
    public void Raise() => _raised.Writer.TryWrite(true);

    /// <summary>Takes the signal down. Look at the queue after this, not before, and nothing is missed.</summary>
    public void Lower() => _raised.Reader.TryRead(out _);

    /// <summary>Completes as soon as the signal is up.</summary>
    public async Task WaitAsync(CancellationToken cancellationToken) => await _raised.Reader.WaitToReadAsync(cancellationToken);
}
