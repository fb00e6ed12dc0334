namespace OllamaProxy.Simulator.Faults;

/// <summary>The body of <c>POST /simulator/faults</c>, by which another process requests a fault.</summary>
/// <remarks>The properties have setters, since source-generated readers ignore the defaults of init-only properties.</remarks>
internal sealed record FaultRequest
{
    public FaultKind? Fault { get; set; }

    public int Times { get; set; } = 1;

    public int AfterTokens { get; set; }

    public int Status { get; set; } = StatusCodes.Status503ServiceUnavailable;

    public string Error { get; set; } = "the Simulator was asked for this fault";

    public int? RetryAfter { get; set; }

    /// <summary>The reason why the request is invalid, as a sentence; null: it is valid.</summary>
    public string? Problem => this switch
    {
        { Fault: null } => "fault is missing.",
        { Times: < 1 } => "times must be at least 1.",
        { AfterTokens: < 0 } => "after_tokens must not be negative.",
        { Status: < 200 or > 599 } => "status must be from 200 to 599.",
        { RetryAfter: < 0 } => "retry_after must not be negative.",
        _ => null,
    };

    public Fault ToFault() => Fault switch
    {
        FaultKind.Refuse => Faults.Fault.Refuse,
        FaultKind.Status => Faults.Fault.Status(Status, Error, RetryAfter),
        FaultKind.Hang => Faults.Fault.Hang,
        FaultKind.Stall => Faults.Fault.Stall(AfterTokens),
        FaultKind.Cut => Faults.Fault.Cut(AfterTokens),
        FaultKind.ErrorLine => Faults.Fault.ErrorLine(AfterTokens, Error),
        FaultKind.NoDone => Faults.Fault.NoDone(AfterTokens),
        FaultKind.NotJson => Faults.Fault.NotJson,
        _ => Faults.Fault.Empty,
    };
}
