using OllamaProxy.Protocol;

namespace OllamaProxy.Ollama.Backends;

/// <summary>How a backend has loaded a model, as far as is known.</summary>
/// <param name="Options">The options that it was last asked to run with; see <see cref="LoadOptions"/>. Null: nobody knows.</param>
/// <param name="ContextLength">The length of its context in tokens, as Ollama last said; null: it has not said yet.</param>
public sealed record ModelLoad(string? Options, long? ContextLength)
{
    /// <summary>Nothing is known but that it is loaded.</summary>
    internal static readonly ModelLoad Unknown = new(null, null);

    /// <summary>Whether a prompt with these options can run on it as it is. Where nobody knows, it can.</summary>
    public bool Serves(string options) => Options switch
    {
        null => ContextLength is null || LoadOptions.ContextLength(options) is not { } asked || asked == ContextLength,
        // To ask for the length that Ollama chose by itself is to ask for nothing else.
        "" when ContextLength is { } length && options == LoadOptions.OfContext(length) => true,
        _ => Options == options,
    };

    /// <summary>What is known once Ollama has said how long the context is.</summary>
    internal ModelLoad With(long? contextLength) =>
        // Another length than at first: somebody else has had the model loaded again.
        contextLength is null || contextLength == ContextLength ? this
        : ContextLength is null ? this with { ContextLength = contextLength } : new(null, contextLength);
}
