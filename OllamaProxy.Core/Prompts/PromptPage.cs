namespace OllamaProxy.Prompts;

/// <summary>A page of the list of prompts, newest first.</summary>
/// <param name="Prompts">The prompts; none past the last page.</param>
/// <param name="Total">How many prompts match on all pages together.</param>
public sealed record PromptPage(IReadOnlyList<PromptSummary> Prompts, long Total);

/// <summary>A prompt as lists show it.</summary>
/// <param name="Prompt">The prompt.</param>
/// <param name="Preview">The beginning of its text, at most <see cref="PreviewLength"/> characters.</param>
public sealed record PromptSummary(Prompt Prompt, string Preview)
{
    /// <summary>The length of the longest preview, in characters.</summary>
    public const int PreviewLength = 200;
}

/// <summary>A filter for prompts, and the page to read.</summary>
/// <param name="Page">The number of the page, from 1.</param>
/// <param name="PageSize">How many prompts a page has, at least 1.</param>
public sealed record PromptQuery(int Page, int PageSize)
{
    /// <summary>How many of the newest prompts <see cref="Search"/> examines.</summary>
    public const int SearchDepth = 10_000;

    /// <summary>Only prompts in this status; null: any.</summary>
    public PromptStatus? Status { get; init; }

    /// <summary>Only prompts for exactly this model; null: any.</summary>
    public string? Model { get; init; }

    /// <summary>Only prompts of this owner; null: anybody's.</summary>
    public string? Owner { get; init; }

    /// <summary>Only prompts of this batch; null: any.</summary>
    public Guid? Batch { get; init; }

    /// <summary>
    /// Only prompts whose text contains this, ignoring the case of A to Z, among the newest <see cref="SearchDepth"/>; null: any.
    /// </summary>
    public string? Search { get; init; }
}
