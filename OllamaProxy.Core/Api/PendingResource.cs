namespace OllamaProxy.Api;

/// <summary>The answer to a question for a result that is not there yet.</summary>
/// <param name="Id">The prompt's id.</param>
/// <param name="Status">The written name of its status.</param>
public sealed record PendingResource(Guid Id, string Status);
