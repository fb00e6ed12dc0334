namespace OllamaProxy.Prompts;

/// <summary>What became of a change that a client asked for.</summary>
/// <param name="Prompt">The prompt as it is now; null if there is none with this id.</param>
/// <param name="Allowed">False: its status does not allow the change, and nothing was changed.</param>
public sealed record ChangeResult(Prompt? Prompt, bool Allowed);
