using OllamaProxy.Prompts;

namespace OllamaProxy.Api.Prompts;

/// <summary>How far a batch is.</summary>
/// <param name="Batch">Its id.</param>
/// <param name="Total">How many prompts it has.</param>
/// <param name="Counts">How many of them have each status, by its written name; all statuses are there.</param>
/// <param name="PromptsUrl">Where its prompts are listed; a path on this server.</param>
public sealed record BatchResource(Guid Batch, long Total, IReadOnlyDictionary<string, long> Counts, string PromptsUrl)
{
    /// <summary>Makes it.</summary>
    public static BatchResource Of(Guid batch, IReadOnlyDictionary<PromptStatus, long> counts) => new(
        batch,
        counts.Values.Sum(),
        Enum.GetValues<PromptStatus>().ToDictionary(status => status.Name(), status => counts.GetValueOrDefault(status)),
        $"/{Routes.Prompts}?batch={batch}");
}
