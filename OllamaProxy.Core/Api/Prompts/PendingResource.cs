namespace OllamaProxy.Api.Prompts;

/// <summary>The answer to a client that asks for the response to a call that has not ended.</summary>
/// <param name="Id">The prompt's id.</param>
/// <param name="Status">The written name of its status.</param>
public sealed record PendingResource(Guid Id, string Status);
