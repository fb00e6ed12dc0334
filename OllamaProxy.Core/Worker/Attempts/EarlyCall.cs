using OllamaProxy.Ollama;
using OllamaProxy.Storage;

namespace OllamaProxy.Worker.Attempts;

/// <summary>
/// A call to Ollama that begins while the claim of its prompt is being written to the disk, so that Ollama need not wait for that. The
/// attempt takes it over once the claim is there; what is not taken over is broken off.
/// </summary>
/// <param name="send">Sends the request of a prompt.</param>
/// <param name="time">The clock.</param>
internal sealed class EarlyCall(Func<ClaimedPrompt, CancellationToken, Task<BegunCall>> send, TimeProvider time) : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private Task<BegunCall>? _sending;
    private bool _isTaken;

    /// <summary>When it was begun, by the clock's timestamps; null: it was not.</summary>
    public long? BegunAt { get; private set; }

    /// <summary>Begins it, on a thread of the pool.</summary>
    public void Begin(ClaimedPrompt prompt)
    {
        BegunAt = time.GetTimestamp();
        _sending = Task.Run(() => send(prompt, _stop.Token));
    }

    /// <summary>The request, which from now on is the attempt's to end and to dispose of; null: it was not begun.</summary>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="OllamaException">There is no answer.</exception>
    public async Task<BegunCall?> TakeAsync(CancellationToken cancellationToken)
    {
        if (_sending is null)
            return null;
        _isTaken = true;
        using var _ = cancellationToken.UnsafeRegister(static stop => ((CancellationTokenSource)stop!).Cancel(), _stop);
        return await _sending;
    }

    /// <summary>Breaks it off, unless it was taken over. Returns when Ollama is not spoken to any more.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_sending is not null && !_isTaken)
        {
            await _stop.CancelAsync();
            await ((Task)_sending).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (_sending.IsCompletedSuccessfully)
                (await _sending).Dispose();
        }
        _stop.Dispose();
    }
}
