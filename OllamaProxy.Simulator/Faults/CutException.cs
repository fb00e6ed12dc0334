namespace OllamaProxy.Simulator.Faults;

/// <summary>
/// Cuts an answer that has begun. When a handler throws, Kestrel sends what was written, and closes the connection without ending the body.
/// Aborting the connection instead could lose data that is still on its way.
/// </summary>
internal sealed class CutException() : Exception("The Simulator was asked to cut this answer.");
