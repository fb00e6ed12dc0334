using OllamaProxy.Prompts;

namespace OllamaProxy.Api.Prompts;

/// <summary>How many prompts have each status, as clients see it.</summary>
public sealed record CountsResource(long Queued, long Processing, long Completed, long Failed, long Cancelled)
{
    /// <summary>Makes it.</summary>
    public static CountsResource Of(IReadOnlyDictionary<PromptStatus, long> counts) => new(
        counts.GetValueOrDefault(PromptStatus.Queued),
        counts.GetValueOrDefault(PromptStatus.Processing),
        counts.GetValueOrDefault(PromptStatus.Completed),
        counts.GetValueOrDefault(PromptStatus.Failed),
        counts.GetValueOrDefault(PromptStatus.Cancelled));
}
