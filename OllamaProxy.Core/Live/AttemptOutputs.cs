using System.Collections.Concurrent;
using OllamaProxy.Notifications;
using OllamaProxy.Prompts;
using OllamaProxy.Storage;

namespace OllamaProxy.Live;

/// <summary>The outputs that are being generated in this process, so that subscribers need not wait for the store.</summary>
public sealed class AttemptOutputs(ChangeNotifier notifier)
{
    private readonly ConcurrentDictionary<long, AttemptOutput> _bySeq = new();

    internal ChangeNotifier Notifier => notifier;

    /// <summary>Begins the text of an attempt. Dispose of it when the attempt has been settled.</summary>
    public AttemptOutput Begin(ClaimedPrompt prompt)
    {
        var text = new AttemptOutput(this, prompt);
        _bySeq[prompt.Lease.Seq] = text;
        return text;
    }

    /// <summary>The text of the attempt that the prompt tells of; null unless that runs, or is being settled, in this process.</summary>
    public AttemptOutput? Find(Prompt prompt) =>
        _bySeq.TryGetValue(prompt.Seq, out var text) && text.StartedAt == prompt.StartedAt ? text : null;

    internal void End(long seq, AttemptOutput text) => _bySeq.TryRemove(new(seq, text));
}
