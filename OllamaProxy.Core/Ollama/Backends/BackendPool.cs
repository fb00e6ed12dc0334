namespace OllamaProxy.Ollama.Backends;

/// <summary>All Ollama servers, in the order of <c>OLLAMA_URL</c>.</summary>
public sealed class BackendPool(IReadOnlyList<Backend> all, TimeProvider time)
{
    private readonly CloseWatch _closeWatch = new(time);

    /// <summary>The backends; at least one.</summary>
    public IReadOnlyList<Backend> All => all;

    /// <summary>The backend of this name.</summary>
    public Backend Named(string name) => all.First(backend => backend.Name == name);

    /// <summary>Keeps what is known of them true until the token fires, and tells of every change.</summary>
    public Task WatchAsync(Action changed, CancellationToken cancellationToken) =>
        Task.WhenAll(all.SelectMany(backend =>
            new[] { backend.WatchAsync(changed, cancellationToken), _closeWatch.RunAsync(backend, cancellationToken) }));

    /// <summary>Has <see cref="WatchAsync"/> look at them every second for a while, since somebody wants to know how they are.</summary>
    public void WatchClosely() => _closeWatch.Extend();

    /// <summary>Has all of them looked at, at once.</summary>
    public void RefreshSoon()
    {
        foreach (var backend in all)
            backend.RefreshSoon();
    }

    /// <summary>Those that are not known to be away; all of them where none is known to answer.</summary>
    public IReadOnlyList<Backend> Up =>
        all.Any(backend => backend.State.IsReachable) ? [.. all.Where(backend => backend.State.Health != BackendHealth.Unreachable)] : all;

    /// <summary>Whether nobody knows that it answers, while others are known to: not to be waited for as long as those.</summary>
    public bool IsUnverified(Backend backend) => !backend.State.IsReachable && all.Any(other => other.State.IsReachable);

    /// <summary>Asks all of <see cref="Up"/> at once, and returns what those answered that did, in their order.</summary>
    /// <exception cref="OllamaException">None did; it is that of the first.</exception>
    public async Task<IReadOnlyList<T>> AskAsync<T>(Func<Backend, CancellationToken, Task<T>> ask, CancellationToken cancellationToken)
    {
        var asked = Up.Select(backend => ask(backend, cancellationToken)).ToList();
        var (answers, failure) = (new List<T>(), default(OllamaException));
        foreach (var answer in asked)
        {
            try
            {
                answers.Add(await answer);
            }
            catch (OllamaException exception)
            {
                failure ??= exception;
            }
        }
        return answers.Count > 0 ? answers : throw failure!;
    }
}
