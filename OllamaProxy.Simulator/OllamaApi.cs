namespace OllamaProxy.Simulator;

/// <summary>Which of Ollama's two APIs a request speaks.</summary>
internal enum OllamaApi
{
    /// <summary><c>/api/generate</c>: a prompt, a <c>response</c>.</summary>
    Generate,

    /// <summary><c>/api/chat</c>: messages, a <c>message</c>.</summary>
    Chat,
}
