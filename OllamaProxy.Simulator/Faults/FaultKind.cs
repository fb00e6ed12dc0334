namespace OllamaProxy.Simulator.Faults;

/// <summary>The faults there are; in JSON their names are in snake case. See the member of <see cref="Fault"/> of the same name.</summary>
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
