using OllamaProxy.Protocol;

namespace OllamaProxy.Scheduling;

/// <summary>What the prompts of a group have in common.</summary>
/// <param name="Account">To whom they are charged; empty: nobody in particular.</param>
/// <param name="Load">What they need to be loaded.</param>
public readonly record struct GroupKey(string Account, LoadKey Load);
