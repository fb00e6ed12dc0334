using System.Text.Json.Serialization;

namespace OllamaProxy.Api;

/// <summary>An error as Anthropic tells it.</summary>
/// <param name="Error">The error.</param>
public sealed record AnthropicErrorResource(AnthropicErrorDetail Error)
{
    /// <summary>Always the same, and in front, as with Ollama.</summary>
    [JsonPropertyOrder(-1)]
    public string Type { get; } = "error";
}

/// <summary>What is wrong.</summary>
/// <param name="Type">Of which kind it is.</param>
/// <param name="Message">In words.</param>
public sealed record AnthropicErrorDetail(string Type, string Message);
