using System.Collections.Concurrent;

namespace OllamaProxy.Prompts;

/// <summary>The answers to calls that are coming in in this process.</summary>
public sealed class LiveResponses(PromptWatches watches)
{
    private readonly ConcurrentDictionary<long, LiveResponse> _bySeq = new();

    internal PromptWatches Watches => watches;

    /// <summary>Begins the answer of an attempt. Dispose of it when the attempt has been settled.</summary>
    public LiveResponse Begin(ClaimedPrompt prompt) => _bySeq[prompt.Lease.Seq] = new(this, prompt.Lease.Seq);

    /// <summary>The answer to the prompt with this number; null unless it is coming in, or is being settled, in this process.</summary>
    public LiveResponse? Find(long seq) => _bySeq.GetValueOrDefault(seq);

    internal void Remove(long seq, LiveResponse response) => _bySeq.TryRemove(new(seq, response));
}
