using System.Security.Cryptography;
using System.Text.Json.Serialization;

namespace OllamaProxy.Api;

/// <summary>An error as Anthropic tells it.</summary>
/// <param name="Error">The error.</param>
public sealed record AnthropicErrorResource(AnthropicErrorDetail Error)
{
    /// <summary>Always the same, and in front, as with Ollama.</summary>
    [JsonPropertyOrder(-1)]
    public string Type { get; } = "error";

    /// <summary>A new one, as Anthropic and Ollama give each error; nothing else goes by it.</summary>
    public string RequestId { get; } = $"req_{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(12))}";
}

/// <summary>What is wrong.</summary>
/// <param name="Type">Of which kind it is.</param>
/// <param name="Message">In words.</param>
public sealed record AnthropicErrorDetail(string Type, string Message);
