namespace OllamaProxy.Simulator.Faults;

/// <summary>A fault as another process asks for it: the body of <c>POST /simulator/faults</c>.</summary>
/// <remarks>Set, not init: generated readers forget the defaults of what they can only initialise.</remarks>
internal sealed record FaultRequest
{
    public FaultKind? Fault { get; set; }

    public int Times { get; set; } = 1;

    public int AfterTokens { get; set; }

    public int Status { get; set; } = StatusCodes.Status503ServiceUnavailable;

    public string Error { get; set; } = "the Simulator was asked for this fault";

    public int? RetryAfter { get; set; }

    /// <summary>What is wrong with it, as a sentence; null if nothing is.</summary>
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
