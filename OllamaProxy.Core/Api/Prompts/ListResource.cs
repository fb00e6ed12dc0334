using OllamaProxy.Prompts;

namespace OllamaProxy.Api.Prompts;

/// <summary>A page of prompts, as clients see it; newest first.</summary>
/// <param name="Prompts">The prompts; empty past the end.</param>
/// <param name="Page">The page, from 1.</param>
/// <param name="PageSize">How many prompts are on a page.</param>
/// <param name="Total">How many there are on all pages.</param>
/// <param name="TotalPages">How many pages there are; 0 where there is no prompt.</param>
public sealed record ListResource(IReadOnlyList<ListEntry> Prompts, int Page, int PageSize, long Total, long TotalPages)
{
    /// <summary>Makes it.</summary>
    public static ListResource Of(PromptQuery query, PromptPage page) => new(
        [.. page.Prompts.Select(ListEntry.Of)], query.Page, query.PageSize, page.Total, (page.Total + query.PageSize - 1) / query.PageSize);
}
