namespace OllamaProxy.Simulator.Http;

/// <summary>A request that the simulator received. Safe for many threads.</summary>
public sealed class LoggedRequest
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly RequestLog _log;
    private readonly TimeProvider _time;
    private volatile bool _closedByClient;
    private int _beginnings;
    private int _endings;

    internal LoggedRequest(RequestLog log, HttpRequest request, ReadOnlyMemory<byte> body, TimeProvider time)
    {
        ReceivedAt = time.GetTimestamp();
        _log = log;
        _time = time;
        Path = request.Path;
        Body = body;
        Headers = request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>The path, such as <c>/api/generate</c>.</summary>
    public string Path { get; }

    /// <summary>The body, byte for byte.</summary>
    public ReadOnlyMemory<byte> Body { get; }

    /// <summary>All headers, with names in any case. Several values of one header are joined with commas.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; }

    /// <summary>The header <c>Content-Type</c>; null: there was none.</summary>
    public string? ContentType => Headers.GetValueOrDefault("Content-Type");

    /// <summary>The header <c>Host</c>; null: there was none.</summary>
    public string? Host => Headers.GetValueOrDefault("Host");

    /// <summary>The header <c>Origin</c>; null: there was none.</summary>
    public string? Origin => Headers.GetValueOrDefault("Origin");

    /// <summary>When its body had been received, as a timestamp of <see cref="SimulatorOptions.Time"/>.</summary>
    public long ReceivedAt { get; }

    /// <summary>
    /// When it ended, as a timestamp of <see cref="SimulatorOptions.Time"/>. It is 0 before, and final once <see cref="Ended"/> has
    /// completed.
    /// </summary>
    public long EndedAt { get; private set; }

    /// <summary>Whether the client disconnected before it had the answer. Final once <see cref="Ended"/> has completed.</summary>
    public bool ClosedByClient => _closedByClient;

    /// <summary>Completes when the request does not run any more, just before the last byte of its answer is sent. Never fails.</summary>
    public Task Ended => _ended.Task;

    /// <summary>It has taken its fault, or takes none.</summary>
    internal void Begin()
    {
        if (Interlocked.Increment(ref _beginnings) == 1) _log.OnBegun();
    }

    internal void EndClosedByClient()
    {
        _closedByClient = true;
        End();
    }

    internal void End()
    {
        if (Interlocked.Increment(ref _endings) > 1) return;
        Begin();
        EndedAt = _time.GetTimestamp();
        _log.OnEnded();
        _ended.SetResult();
    }
}
