namespace OllamaProxy.Prompts;

/// <summary>A page of a list, newest first.</summary>
/// <param name="Prompts">The prompts; empty past the end.</param>
/// <param name="Total">How many match on all pages.</param>
public sealed record PromptPage(IReadOnlyList<PromptSummary> Prompts, long Total);

/// <summary>A prompt as a list shows it.</summary>
/// <param name="Prompt">The prompt.</param>
/// <param name="Preview">The beginning of its text, at most <see cref="PreviewLength"/> characters.</param>
public sealed record PromptSummary(Prompt Prompt, string Preview)
{
    /// <summary>The longest preview, in characters.</summary>
    public const int PreviewLength = 200;
}

/// <summary>Which prompts to list.</summary>
/// <param name="Page">The page, from 1.</param>
/// <param name="PageSize">How many prompts are on a page, at least 1.</param>
public sealed record PromptQuery(int Page, int PageSize)
{
    /// <summary>How many of the newest prompts <see cref="Search"/> looks through.</summary>
    public const int SearchDepth = 10_000;

    /// <summary>Only prompts in this status; null: any.</summary>
    public PromptStatus? Status { get; init; }

    /// <summary>Only prompts for exactly this model; null: any.</summary>
    public string? Model { get; init; }

    /// <summary>Only prompts of this batch; null: any.</summary>
    public Guid? Batch { get; init; }

    /// <summary>Only prompts whose text holds this (A to Z in either case), among the newest <see cref="SearchDepth"/>; null: any.</summary>
    public string? Search { get; init; }
}
