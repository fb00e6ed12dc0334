namespace OllamaProxy.Simulator.Http;

/// <summary>
/// Every request that runs a model, to generate or to embed through whichever API, once its body has arrived, in that order,
/// those that were turned down included; not those that a foreign <c>Host</c> or <c>Origin</c> header shut out. Safe for many threads.
/// </summary>
public sealed class RequestLog
{
    private readonly SimulatorOptions _options;
    private readonly Lock _gate = new();
    private readonly List<LoggedRequest> _all = [];
    private readonly List<(int Count, TaskCompletionSource Reached)> _waiting = [];
    private int _count;
    private int _running;
    private int _maxRunning;

    internal RequestLog(SimulatorOptions options) => _options = options;

    /// <summary>The requests so far, as they are now; empty where the options say not to keep them.</summary>
    public IReadOnlyList<LoggedRequest> All
    {
        get
        {
            lock (_gate) return [.. _all];
        }
    }

    /// <summary>How many requests there were.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>How many requests are being answered now. One ends here before the last of its answer is sent.</summary>
    public int Running => Volatile.Read(ref _running);

    /// <summary>The most requests that were answered at once.</summary>
    public int MaxRunning => Volatile.Read(ref _maxRunning);

    /// <summary>Completes when <see cref="Count"/> is <paramref name="count"/> or more, at once if it is already.</summary>
    /// <exception cref="OperationCanceledException"><paramref name="ct"/> was cancelled first.</exception>
    public Task WaitForAsync(int count, CancellationToken ct = default)
    {
        lock (_gate)
        {
            if (_count >= count) return Task.CompletedTask;
            var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Add((count, reached));
            return reached.Task.WaitAsync(ct);
        }
    }

    internal LoggedRequest Begin(HttpRequest request, ReadOnlyMemory<byte> body)
    {
        var logged = new LoggedRequest(this, request, body, _options.Time);
        lock (_gate)
        {
            if (_options.KeepRequests) _all.Add(logged);
            _count++;
            _maxRunning = Math.Max(_maxRunning, ++_running);
            foreach (var (count, reached) in _waiting)
            {
                if (count == _count) reached.SetResult();
            }

            _waiting.RemoveAll(waiting => waiting.Count <= _count);
        }

        return logged;
    }

    internal void OnEnded()
    {
        lock (_gate) _running--;
    }
}
