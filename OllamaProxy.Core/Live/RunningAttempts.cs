using System.Collections.Concurrent;

namespace OllamaProxy.Live;

/// <summary>
/// The attempts that run in this process. A cancel or a delete in this process notifies the attempt of the prompt, which then looks at its
/// lease at once. What other processes do, it learns when it looks by itself. Safe for many threads.
/// </summary>
public sealed class RunningAttempts
{
    private readonly ConcurrentDictionary<Guid, Attempt> _byPrompt = new();

    /// <summary>Takes note of an attempt until it is disposed of.</summary>
    /// <param name="prompt">The id of its prompt.</param>
    /// <param name="tell">Called when its lease may have been lost; must not wait for anything.</param>
    public IDisposable Begin(Guid prompt, Action tell)
    {
        var attempt = new Attempt(this, prompt, tell);
        // A prompt that was cancelled and queued again can run while its last attempt has yet to end.
        _byPrompt[prompt] = attempt;
        return attempt;
    }

    /// <summary>Tells the attempt at a prompt, if one runs here, that its lease may have been lost.</summary>
    public void Notify(Guid prompt)
    {
        if (_byPrompt.TryGetValue(prompt, out var attempt))
            attempt.Notify();
    }

    private sealed class Attempt(RunningAttempts attempts, Guid prompt, Action tell) : IDisposable
    {
        public void Notify() => tell();

        public void Dispose() => attempts._byPrompt.TryRemove(new(prompt, this));
    }
}
