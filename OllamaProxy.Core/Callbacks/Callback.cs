namespace OllamaProxy.Callbacks;

/// <summary>Where a client wants to be told how a prompt or a batch ends.</summary>
/// <param name="Url">The absolute address, of http or https, in its canonical form.</param>
/// <param name="Events">The types of the events that are sent there, with spaces between them; see <see cref="CallbackEvents"/>.</param>
public sealed record Callback(string Url, string Events)
{
    /// <summary>The types of the events, at least one.</summary>
    public IReadOnlyList<string> EventTypes => Events.Split(' ');
}

/// <summary>
/// The types of events, in the words of OpenAI's: what has ended, a dot, and the status that it ended with. The store composes them of
/// these two parts.
/// </summary>
public static class CallbackEvents
{
    /// <summary>Those of prompts.</summary>
    public static readonly IReadOnlyList<string> OfPrompts = ["prompt.completed", "prompt.failed", "prompt.cancelled"];

    /// <summary>Those of OpenAI's background responses.</summary>
    public static readonly IReadOnlyList<string> OfResponses = ["response.completed", "response.failed", "response.cancelled"];

    /// <summary>Those of OpenAI's batches.</summary>
    public static readonly IReadOnlyList<string> OfBatches = ["batch.completed", "batch.failed", "batch.expired", "batch.cancelled"];
}
