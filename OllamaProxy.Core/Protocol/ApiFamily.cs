namespace OllamaProxy.Protocol;

/// <summary>The API that a route belongs to. Families differ in their requests, their answers and the shape of their errors.</summary>
public enum ApiFamily
{
    /// <summary>Ollama's own.</summary>
    Ollama,

    /// <summary>OpenAI's.</summary>
    OpenAI,

    /// <summary>Anthropic's.</summary>
    Anthropic,
}
