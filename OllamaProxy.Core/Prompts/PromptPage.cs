namespace OllamaProxy.Prompts;

/// <summary>A page of a list, newest first.</summary>
/// <param name="Prompts">The prompts; empty past the end.</param>
/// <param name="Total">How many match on all pages.</param>
public sealed record PromptPage(IReadOnlyList<PromptSummary> Prompts, long Total);
