using System.Text.Json.Serialization;

namespace OllamaProxy.Api;

/// <summary>An error as OpenAI tells it.</summary>
/// <param name="Error">The error.</param>
public sealed record OpenAIErrorResource(OpenAIErrorDetail Error);

/// <summary>What is wrong.</summary>
/// <param name="Message">In words.</param>
/// <param name="Type">Of which kind it is.</param>
/// <param name="Param">Which field is wrong: that is not told.</param>
/// <param name="Code">There is none.</param>
public sealed record OpenAIErrorDetail(
    string Message,
    string Type,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Param = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Code = null);
