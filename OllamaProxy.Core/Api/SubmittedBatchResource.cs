namespace OllamaProxy.Api;

/// <summary>The answer to a batch.</summary>
/// <param name="Batch">Its id.</param>
/// <param name="BatchUrl">Where to ask how far it is; a path on this server.</param>
/// <param name="Count">How many prompts were queued.</param>
/// <param name="Ids">Their ids, in the order in which they were submitted.</param>
public sealed record SubmittedBatchResource(Guid Batch, string BatchUrl, int Count, IReadOnlyList<Guid> Ids);
