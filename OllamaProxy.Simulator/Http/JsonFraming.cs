namespace OllamaProxy.Simulator.Http;

/// <summary>How a JSON object is sent: its content type, and what ends it.</summary>
internal sealed record JsonFraming(string ContentType, string End)
{
    /// <summary>As gin sends it, the web framework that Ollama is built on.</summary>
    public static JsonFraming Gin { get; } = new("application/json; charset=utf-8", "");

    /// <summary>As Go's own encoder sends it, which translates the answers of the compatible APIs.</summary>
    public static JsonFraming Encoder { get; } = new("application/json", "\n");

    /// <summary>As gin sends it where a stream was meant to be.</summary>
    public static JsonFraming Unstreamed { get; } = new("application/json", "");
}
