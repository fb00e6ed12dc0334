namespace OllamaProxy.Protocol;

/// <summary>Whose API a route is one of: they differ in the shape of their errors.</summary>
public enum ApiFamily
{
    /// <summary>Ollama's own.</summary>
    Ollama,

    /// <summary>OpenAI's.</summary>
    OpenAI,

    /// <summary>Anthropic's.</summary>
    Anthropic,
}
