using OllamaProxy.Prompts;

namespace OllamaProxy.Api.Prompts;

/// <summary>A prompt in a list, as clients see it.</summary>
/// <param name="Id">The prompt's id.</param>
/// <param name="Status">The written name of its status.</param>
/// <param name="Kind">What it asks the model for: <c>generate</c>, <c>chat</c> or <c>embed</c>.</param>
/// <param name="Endpoint">The route that it came in by.</param>
/// <param name="Model">The model; null where a call, or another program that wrote the prompt, named none.</param>
/// <param name="Owner">The name of the key that it came with; left out where it came without one.</param>
/// <param name="PromptPreview">The beginning of its text.</param>
/// <param name="Priority">The head start that it was queued with.</param>
/// <param name="Attempts">How many attempts were started and count.</param>
/// <param name="CreatedAt">When it was submitted.</param>
/// <param name="UpdatedAt">When its status last changed.</param>
/// <param name="StartedAt">When the running attempt, or that which ended it, was started.</param>
/// <param name="CompletedAt">When it ended.</param>
/// <param name="Error">Why it failed or, while it waits for another attempt, why the last one did.</param>
/// <param name="TruncatedTo">How many tokens of the prompt the model was given, if Ollama seems to have cut it.</param>
public sealed record ListEntry(
    Guid Id,
    string Status,
    string Kind,
    string Endpoint,
    string? Model,
    string? Owner,
    string PromptPreview,
    int Priority,
    int Attempts,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt,
    DateTimeOffset? StartedAt,
    DateTimeOffset? CompletedAt,
    string? Error,
    long? TruncatedTo)
{
    /// <summary>Makes it.</summary>
    public static ListEntry Of(PromptSummary summary)
    {
        var prompt = summary.Prompt;
        return new(prompt.Id, prompt.Status.Name(), PromptKind.Of(prompt), PromptKind.EndpointOf(prompt), prompt.Model, prompt.Owner,
            summary.Preview, prompt.Priority, prompt.Attempts,
            prompt.CreatedAt, prompt.UpdatedAt, prompt.StartedAt, prompt.CompletedAt, prompt.Error, prompt.TruncatedTo);
    }
}
