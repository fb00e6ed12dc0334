namespace OllamaProxy.Simulator.Http;

/// <summary>How a JSON object is sent: its content type, and what follows it.</summary>
internal sealed record JsonFraming(string ContentType, string End)
{
    /// <summary>As gin sends it, Ollama's web framework.</summary>
    public static JsonFraming Gin { get; } = new("application/json; charset=utf-8", "");

    /// <summary>As Go's JSON encoder sends it, which Ollama uses for the compatible APIs.</summary>
    public static JsonFraming Encoder { get; } = new("application/json", "\n");

    /// <summary>As gin sends a single object on a route that streams.</summary>
    public static JsonFraming Unstreamed { get; } = new("application/json", "");
}
