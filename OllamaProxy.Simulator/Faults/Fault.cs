namespace OllamaProxy.Simulator.Faults;

/// <summary>
/// One way for a generation to go wrong. Where a fault comes after tokens that the answer does not have, it comes after the
/// answer's last one; an embedding has no tokens. A non-streaming answer shows each fault as far as it can; the members say how.
/// </summary>
public sealed record Fault
{
    private Fault(FaultKind kind) => Kind = kind;

    /// <summary>The connection is closed before any byte of an answer.</summary>
    public static Fault Refuse { get; } = new(FaultKind.Refuse);

    /// <summary>The request is taken and never answered; it ends when the client goes.</summary>
    public static Fault Hang { get; } = new(FaultKind.Hang);

    /// <summary>Status 200 with an HTML page, as from a captive portal.</summary>
    public static Fault NotJson { get; } = new(FaultKind.NotJson);

    /// <summary>Status 200 with an empty body.</summary>
    public static Fault Empty { get; } = new(FaultKind.Empty);

    internal FaultKind Kind { get; }

    internal bool IsBeforeTokens => Kind is FaultKind.Refuse or FaultKind.Status or FaultKind.Hang or FaultKind.NotJson or FaultKind.Empty;

    internal int AfterTokens { get; private init; }

    internal int StatusCode { get; private init; }

    internal string Error { get; private init; } = "";

    internal int? RetryAfterSeconds { get; private init; }

    /// <summary>An answer with this status and an error in the shape of the API that was asked; 204, 205 and 304 have no body.</summary>
    /// <param name="status">200 to 599.</param>
    /// <param name="error">The words of the body.</param>
    /// <param name="retryAfterSeconds">The <c>Retry-After</c> header; none if null.</param>
    /// <exception cref="ArgumentOutOfRangeException">No such status, or negative seconds.</exception>
    public static Fault Status(int status, string error, int? retryAfterSeconds = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(status, 200);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(status, 599);
        ArgumentOutOfRangeException.ThrowIfNegative(retryAfterSeconds ?? 0, nameof(retryAfterSeconds));
        return new(FaultKind.Status) { StatusCode = status, Error = error, RetryAfterSeconds = retryAfterSeconds };
    }

    /// <summary>Stops mid-stream with the connection open until the client goes. Not streaming: never a byte.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="afterTokens"/> is negative.</exception>
    public static Fault Stall(int afterTokens) => MidStream(FaultKind.Stall, afterTokens);

    /// <summary>Closes the connection mid-stream; the tokens before arrive. Not streaming: closes it halfway through the body.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="afterTokens"/> is negative.</exception>
    public static Fault Cut(int afterTokens) => MidStream(FaultKind.Cut, afterTokens);

    /// <summary>
    /// The last of the stream is an error in the shape of the API that was asked; the status stays 200. Not streaming: status 500
    /// with that error.
    /// </summary>
    /// <remarks>Ollama 0.33 itself keeps such an error from the compatible APIs: their streams end as of <see cref="NoDone"/>.</remarks>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="afterTokens"/> is negative.</exception>
    public static Fault ErrorLine(int afterTokens, string error) => MidStream(FaultKind.ErrorLine, afterTokens) with { Error = error };

    /// <summary>
    /// The stream ends cleanly, without what says that the answer is done, such as <c>"done":true</c> or <c>[DONE]</c>. Not
    /// streaming: an object that does not say it, such as by <c>"done":false</c>.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="afterTokens"/> is negative.</exception>
    public static Fault NoDone(int afterTokens) => MidStream(FaultKind.NoDone, afterTokens);

    private static Fault MidStream(FaultKind kind, int afterTokens)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(afterTokens);
        return new(kind) { AfterTokens = afterTokens };
    }
}
