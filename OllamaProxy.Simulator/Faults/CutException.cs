namespace OllamaProxy.Simulator.Faults;

/// <summary>
/// Cuts an answer that has begun: Kestrel, when a handler throws, sends what was written and closes the connection without
/// the end of the body. Aborting the connection could drop what is still on its way.
/// </summary>
internal sealed class CutException() : Exception("The Simulator was asked to cut this answer.");
