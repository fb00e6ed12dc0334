using OllamaProxy.Prompts;

namespace OllamaProxy.Api.Prompts;

/// <summary>The answer to a submit.</summary>
/// <param name="Id">The prompt's id.</param>
/// <param name="Status">Its status: queued, unless the same was submitted before.</param>
/// <param name="StatusUrl">Where to ask for the status; a path on this server.</param>
/// <param name="ResultUrl">Where to ask for the result; a path on this server.</param>
/// <param name="StreamUrl">Where to follow it as it happens; a path on this server.</param>
/// <param name="ResponseUrl">Of a call: where to ask for Ollama's response to it; a path on this server.</param>
/// <param name="Model">The model that will run it.</param>
/// <param name="CreatedAt">When it was accepted.</param>
public sealed record SubmittedResource(Guid Id, string Status, string StatusUrl, string ResultUrl, string StreamUrl, string? ResponseUrl,
    string? Model, DateTimeOffset CreatedAt)
{
    /// <summary>Makes it.</summary>
    public static SubmittedResource Of(Prompt prompt) => new(
        prompt.Id,
        prompt.Status.Name(),
        UrlOf(prompt, "status"),
        UrlOf(prompt, "result"),
        UrlOf(prompt, "stream"),
        prompt.Endpoint is null ? null : UrlOf(prompt, "response"),
        prompt.Model,
        prompt.CreatedAt);

    private static string UrlOf(Prompt prompt, string what) => $"/{Routes.Submit}/{prompt.Id}/{what}";
}

/// <summary>The answer to a batch.</summary>
/// <param name="Batch">Its id.</param>
/// <param name="BatchUrl">Where to ask how far it is; a path on this server.</param>
/// <param name="Count">How many prompts were queued.</param>
/// <param name="Ids">Their ids, in the order in which they were submitted.</param>
public sealed record SubmittedBatchResource(Guid Batch, string BatchUrl, int Count, IReadOnlyList<Guid> Ids);
