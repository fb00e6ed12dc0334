namespace OllamaProxy.Prompts;

/// <summary>Somebody who watches one prompt. However much happens meanwhile, it is told once: look at the prompt to see what it was.</summary>
public sealed class PromptWatch : IDisposable
{
    private readonly PromptWatches _watches;
    private readonly Latch _latch = new();

    internal PromptWatch(PromptWatches watches, long seq, bool text) => (_watches, Seq, Text) = (watches, seq, text);

    /// <summary>The prompt's number.</summary>
    internal long Seq { get; }

    /// <summary>Whether it is told of every token as well.</summary>
    internal bool Text { get; }

    /// <summary>
    /// Completes as soon as something has happened since the last time this did, or after <paramref name="atMost"/>.
    /// Waited for by one at a time.
    /// </summary>
    public Task WaitAsync(TimeSpan atMost, TimeProvider time, CancellationToken cancellationToken) => _latch.WaitAsync(atMost, time, cancellationToken);

    /// <summary>Ends the watch.</summary>
    public void Dispose() => _watches.End(this);

    internal void Tell() => _latch.Raise();
}
