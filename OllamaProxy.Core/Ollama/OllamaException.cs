namespace OllamaProxy.Ollama;

/// <summary>Ollama did not do what was asked. The message is for people: Ollama's own words where it had any.</summary>
public sealed class OllamaException(FailureKind kind, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>What it means for the prompt.</summary>
    public FailureKind Kind => kind;

    /// <summary>Whether the model is not there, which can be mended without the prompt.</summary>
    public bool IsModelMissing { get; init; }

    /// <summary>Whether it is busy for this model only, as one in the cloud is that is asked too often.</summary>
    public bool IsOfModel { get; init; }

    /// <summary>Whether there was an answer, but with a head that cannot be passed on.</summary>
    public bool IsOddHead { get; init; }

    /// <summary>How long Ollama, or a proxy in front of it, asked to be left alone; null: it did not say.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
