namespace OllamaProxy.Simulator.Faults;

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
