using System.Collections.Concurrent;

namespace OllamaProxy.Prompts;

/// <summary>The texts that are being generated in this process, so that those who watch need not wait for the store.</summary>
public sealed class LiveTexts(PromptWatches watches)
{
    private readonly ConcurrentDictionary<long, LiveText> _bySeq = new();

    internal PromptWatches Watches => watches;

    /// <summary>Begins the text of an attempt. Dispose of it when the attempt has been settled.</summary>
    public LiveText Begin(ClaimedPrompt prompt)
    {
        var text = new LiveText(this, prompt);
        _bySeq[prompt.Lease.Seq] = text;
        return text;
    }

    /// <summary>The text of the attempt that the prompt tells of; null unless that runs, or is being settled, in this process.</summary>
    public LiveText? Find(Prompt prompt) =>
        _bySeq.TryGetValue(prompt.Seq, out var text) && text.StartedAt == prompt.StartedAt ? text : null;

    internal void End(long seq, LiveText text) => _bySeq.TryRemove(new(seq, text));
}
