namespace OllamaProxy.Ollama.Backends;

/// <summary>Whether a backend answers.</summary>
public enum BackendHealth
{
    /// <summary>It has not been asked yet.</summary>
    Unknown,

    /// <summary>It answers.</summary>
    Healthy,

    /// <summary>It answers, but several prompts in a row have failed there lately: others are preferred.</summary>
    Degraded,

    /// <summary>It does not answer, or not as Ollama does.</summary>
    Unreachable,
}
