namespace OllamaProxy.Simulator.Faults;

/// <summary>
/// A way for a generation to go wrong. A fault "after tokens" comes at the latest after the answer's last token; an embedding has no
/// tokens. A non-streaming answer shows each fault as far as it can, as the members describe.
/// </summary>
public sealed record Fault
{
    private Fault(FaultKind kind) => Kind = kind;

    /// <summary>The connection is closed before the first byte of an answer.</summary>
    public static Fault Refuse { get; } = new(FaultKind.Refuse);

    /// <summary>The request is never answered, and ends when the client disconnects.</summary>
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

    /// <summary>An error answer with this status, in the format of the API that was called. With 204, 205 and 304 it has no body.</summary>
    /// <param name="status">The status, 200 to 599.</param>
    /// <param name="error">The error message.</param>
    /// <param name="retryAfterSeconds">The header <c>Retry-After</c>; null: none.</param>
    /// <exception cref="ArgumentOutOfRangeException">The status is out of range, or the seconds are negative.</exception>
    public static Fault Status(int status, string error, int? retryAfterSeconds = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(status, 200);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(status, 599);
        ArgumentOutOfRangeException.ThrowIfNegative(retryAfterSeconds ?? 0, nameof(retryAfterSeconds));
        return new(FaultKind.Status) { StatusCode = status, Error = error, RetryAfterSeconds = retryAfterSeconds };
    }

    /// <summary>The stream stops, with the connection open, until the client disconnects. Not streaming: no byte is sent.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="afterTokens"/> is negative.</exception>
    public static Fault Stall(int afterTokens) => MidStream(FaultKind.Stall, afterTokens);

    /// <summary>
    /// The connection is closed in the middle of the stream, after the tokens before were sent. Not streaming: it is closed halfway through
    /// the body.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="afterTokens"/> is negative.</exception>
    public static Fault Cut(int afterTokens) => MidStream(FaultKind.Cut, afterTokens);

    /// <summary>
    /// The stream ends with an error in the format of the API that was called; the status stays 200. Not streaming: status 500 with that
    /// error.
    /// </summary>
    /// <remarks>
    /// Ollama 0.33 itself does not send such an error on the compatible APIs: their streams end as with <see cref="NoDone"/>.
    /// </remarks>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="afterTokens"/> is negative.</exception>
    public static Fault ErrorLine(int afterTokens, string error) => MidStream(FaultKind.ErrorLine, afterTokens) with { Error = error };

    /// <summary>
    /// The stream ends without the message that the answer is done, such as <c>"done":true</c> or <c>[DONE]</c>. Not streaming: the object
    /// lacks it as well, such as by <c>"done":false</c>.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="afterTokens"/> is negative.</exception>
    public static Fault NoDone(int afterTokens) => MidStream(FaultKind.NoDone, afterTokens);

    private static Fault MidStream(FaultKind kind, int afterTokens)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(afterTokens);
        return new(kind) { AfterTokens = afterTokens };
    }
}

/// <summary>The kinds of <see cref="Fault"/>, one for each of its members. In JSON their names are in snake case.</summary>
internal enum FaultKind
{
    Refuse,
    Status,
    Hang,
    Stall,
    Cut,
    ErrorLine,
    NoDone,
    NotJson,
    Empty,
}

/// <summary>
/// Cuts an answer that has begun. When a handler throws, Kestrel sends what was written, and closes the connection without ending the body.
/// Aborting the connection instead could lose data that is still on its way.
/// </summary>
internal sealed class CutException() : Exception("The Simulator was asked to cut this answer.");
