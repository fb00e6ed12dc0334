namespace OllamaProxy.Prompts;

/// <summary>The queue as clients see it.</summary>
public sealed class PromptQueue(IPromptStore store, QueueSignal signal, DrainRate drainRate, OllamaProxyOptions options)
{
    /// <summary>Queues a prompt: it is on disk when this returns, and the worker has been told.</summary>
    public async Task<Prompt> SubmitAsync(NewPrompt prompt, CancellationToken cancellationToken)
    {
        var queued = await store.AddAsync(prompt, cancellationToken);
        signal.Raise();
        return queued;
    }

    /// <summary>The prompt, or null if there is none with this id.</summary>
    public Task<Prompt?> FindAsync(Guid id, CancellationToken cancellationToken) => store.FindAsync(id, cancellationToken);

    /// <summary>What the client handed in; null if there is no such prompt.</summary>
    public Task<PromptContent?> FindContentAsync(Guid id, CancellationToken cancellationToken) => store.FindContentAsync(id, cancellationToken);

    /// <summary>What has been generated, whole or in part; null if nothing.</summary>
    public Task<PromptResult?> FindResultAsync(Guid id, CancellationToken cancellationToken) => store.FindResultAsync(id, cancellationToken);

    /// <summary>A page of prompts, newest first.</summary>
    public Task<PromptPage> ListAsync(PromptQuery query, CancellationToken cancellationToken) => store.ListAsync(query, cancellationToken);

    /// <summary>Where the prompt stands in the queue; null unless it is queued.</summary>
    public async Task<QueuePlace?> FindPlaceAsync(Prompt prompt, CancellationToken cancellationToken)
    {
        if (prompt.Status != PromptStatus.Queued)
            return null;
        var position = await store.CountAheadAsync(prompt, cancellationToken) + 1;
        return new(position, drainRate.Eta(position, options.Concurrency));
    }
}
