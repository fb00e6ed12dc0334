namespace OllamaProxy.Prompts;

/// <summary>The result of a change that a client asked for.</summary>
/// <param name="Prompt">The prompt after the change; null: there is no prompt with this id.</param>
/// <param name="Allowed">False: the prompt's status does not allow the change, and nothing was changed.</param>
public sealed record ChangeResult(Prompt? Prompt, bool Allowed);
