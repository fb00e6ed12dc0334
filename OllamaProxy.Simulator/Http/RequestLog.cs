namespace OllamaProxy.Simulator.Http;

/// <summary>
/// The requests that ran a model, to generate or to embed by any API, in the order in which their bodies were received. Rejected requests
/// are included, except those rejected for a foreign <c>Host</c> or <c>Origin</c>. Safe for many threads.
/// </summary>
public sealed class RequestLog
{
    private readonly SimulatorOptions _options;
    private readonly Lock _gate = new();
    private readonly List<LoggedRequest> _all = [];
    private readonly List<(int Count, TaskCompletionSource Reached)> _waiting = [];
    private int _count;
    private int _begun;
    private int _running;
    private int _maxRunning;

    internal RequestLog(SimulatorOptions options) => _options = options;

    /// <summary>The requests so far; empty if <see cref="SimulatorOptions.KeepRequests"/> is false.</summary>
    public IReadOnlyList<LoggedRequest> All
    {
        get
        {
            lock (_gate) return [.. _all];
        }
    }

    /// <summary>How many requests there were.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>How many requests run now. A request ends here just before the last byte of its answer is sent.</summary>
    public int Running => Volatile.Read(ref _running);

    /// <summary>The most requests that have run at the same time.</summary>
    public int MaxRunning => Volatile.Read(ref _maxRunning);

    /// <summary>
    /// Completes once so many requests have been received, and each of them has taken its fault, if there was one. So what is queued in
    /// <see cref="Faults.FaultQueue"/> afterwards is for later requests.
    /// </summary>
    /// <exception cref="OperationCanceledException"><paramref name="ct"/> was cancelled first.</exception>
    public Task WaitForAsync(int count, CancellationToken ct = default)
    {
        lock (_gate)
        {
            if (_begun >= count) return Task.CompletedTask;
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
        }

        return logged;
    }

    internal void OnBegun()
    {
        lock (_gate)
        {
            _begun++;
            foreach (var (count, reached) in _waiting)
            {
                if (count == _begun) reached.SetResult();
            }

            _waiting.RemoveAll(waiting => waiting.Count <= _begun);
        }
    }

    internal void OnEnded()
    {
        lock (_gate) _running--;
    }
}
