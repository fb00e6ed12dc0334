using System.Collections.Concurrent;
using OllamaProxy.Storage;

namespace OllamaProxy.Live;

/// <summary>
/// The responses to calls that this process is receiving from Ollama, for the clients that wait for them in this process.
/// </summary>
public sealed class ResponseRegistry
{
    private readonly ConcurrentDictionary<Guid, ResponseSubscription> _waits = new();

    /// <summary>The ids of the prompts for whose answers somebody waits here, or of those that are about to be submitted.</summary>
    public IReadOnlyCollection<Guid> Awaited => [.. _waits.Keys];

    /// <summary>Expects the answer to a prompt that is about to be submitted with this id.</summary>
    public ResponseSubscription Expect(Guid id) => _waits[id] = new(this, id);

    /// <summary>Begins the answer of an attempt. Dispose of it when the attempt has been settled.</summary>
    public ResponseBuffer Begin(ClaimedPrompt prompt)
    {
        var wait = _waits.GetValueOrDefault(prompt.Id);
        var response = new ResponseBuffer(wait);
        if (wait is not null)
            wait.Current = response;
        return response;
    }

    internal void End(Guid id) => _waits.TryRemove(id, out _);
}
