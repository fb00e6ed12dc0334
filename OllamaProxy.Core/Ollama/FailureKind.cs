namespace OllamaProxy.Ollama;

/// <summary>What an error of Ollama's means for the prompt.</summary>
public enum FailureKind
{
    /// <summary>It would fail again: the prompt itself is wrong, or its model is not there.</summary>
    Permanent,

    /// <summary>The runner, the machine or the network failed: another attempt is worth it.</summary>
    Transient,

    /// <summary>Ollama told of an error that is not known: one more attempt is worth it, and the same words again are final.</summary>
    Unknown,

    /// <summary>What answered does not seem to be Ollama: another attempt is worth it, if Ollama is there at all.</summary>
    InvalidResponse,

    /// <summary>Ollama has no room for it at the moment: nothing was attempted, and the backend is left alone for a while.</summary>
    Busy,

    /// <summary>No connection could be made: nothing was attempted.</summary>
    Unreachable,
}
