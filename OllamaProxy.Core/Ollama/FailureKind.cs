namespace OllamaProxy.Ollama;

/// <summary>What an error of Ollama's means for the prompt.</summary>
public enum FailureKind
{
    /// <summary>It would fail again: the prompt itself is wrong, or its model is not there.</summary>
    Permanent,

    /// <summary>It may well pass: another attempt is worth it.</summary>
    Transient,

    /// <summary>What answered does not seem to be Ollama: another attempt is worth it, if Ollama is there at all.</summary>
    Foreign,

    /// <summary>No connection could be made: nothing was attempted.</summary>
    Unreachable,
}
