namespace OllamaProxy.Simulator.Http;

/// <summary>A request that the simulator was sent. Safe for many threads.</summary>
public sealed class LoggedRequest
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly RequestLog _log;
    private readonly TimeProvider _time;
    private volatile bool _closedByClient;
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

    /// <summary>All headers, whatever their case; several values of one are joined with a comma.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; }

    /// <summary>The <c>Content-Type</c> header; null if there was none.</summary>
    public string? ContentType => Headers.GetValueOrDefault("Content-Type");

    /// <summary>The <c>Host</c> header; null if there was none.</summary>
    public string? Host => Headers.GetValueOrDefault("Host");

    /// <summary>The <c>Origin</c> header; null if there was none.</summary>
    public string? Origin => Headers.GetValueOrDefault("Origin");

    /// <summary>When its body had arrived, as a timestamp of <see cref="SimulatorOptions.Time"/>.</summary>
    public long ReceivedAt { get; }

    /// <summary>When it ended, as a timestamp of <see cref="SimulatorOptions.Time"/>. Final once <see cref="Ended"/> completes, and 0 before.</summary>
    public long EndedAt { get; private set; }

    /// <summary>Whether the client closed the connection before it had its answer. Final once <see cref="Ended"/> completes.</summary>
    public bool ClosedByClient => _closedByClient;

    /// <summary>Completes when nothing runs for this request any more, just before the last of its answer is sent. Never fails.</summary>
    public Task Ended => _ended.Task;

    internal void EndClosedByClient()
    {
        _closedByClient = true;
        End();
    }

    internal void End()
    {
        if (Interlocked.Increment(ref _endings) > 1) return;
        EndedAt = _time.GetTimestamp();
        _log.OnEnded();
        _ended.SetResult();
    }
}
