using OllamaProxy.Live;
using OllamaProxy.Prompts;
using OllamaProxy.Storage;

namespace OllamaProxy.Worker;

/// <summary>What a running attempt has received from Ollama and has yet to store.</summary>
/// <param name="text">What the model says.</param>
/// <param name="response">The answer as it comes, for a client that waits at another process; null: there is no such client.</param>
internal sealed class UnstoredOutput(AttemptOutput text, ResponseBuffer? response)
{
    /// <summary>How much is stored at once, in characters or bytes.</summary>
    private const int MaxChunk = 256 * 1024;

    private TextOffset _text;
    private int _response;

    /// <summary>Whether a client waits for the answer at another process.</summary>
    public bool IsAwaited => response is not null;

    /// <summary>Whether there is anything to store.</summary>
    public bool HasAny => text.Length != _text || response?.PublishedLength > _response;

    /// <summary>Whether more has come meanwhile than is stored at once.</summary>
    public bool IsFarBehind { get; private set; }

    /// <summary>
    /// Stores some of it, and renews the lease with that. Returns the state of the lease; null: there is nothing to store.
    /// </summary>
    /// <exception cref="StoreException">It is not stored; the next call tries again.</exception>
    public async Task<LeaseState?> StoreAsync(IWorkQueue store, Lease lease, TimeSpan leaseLength, CancellationToken cancellationToken)
    {
        var state = default(LeaseState?);
        IsFarBehind = false;
        if (response?.TakeFrom(_response, MaxChunk) is { } answer)
        {
            state = await store.AppendResponseAsync(lease, answer, leaseLength, cancellationToken);
            _response = answer.End;
            IsFarBehind |= answer.Bytes.Length >= MaxChunk;
        }
        if (state is null or LeaseState.Held && text.ReadFrom(_text, MaxChunk) is { IsEmpty: false } chunk)
        {
            state = await store.AppendAsync(lease, chunk, leaseLength, cancellationToken);
            _text = chunk.End;
            IsFarBehind |= chunk.Text.Length + chunk.Thinking.Length >= MaxChunk - 1;
        }
        return state;
    }
}
