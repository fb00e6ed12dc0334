using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;
using OllamaProxy.Api.Http;
using OllamaProxy.Protocol;

namespace OllamaProxy.Api.Errors;

/// <summary>
/// Error answers in the shape that the route's clients read: that of Ollama, OpenAI or Anthropic on their routes, and
/// <see cref="Problems"/> on all others.
/// </summary>
public static class ApiError
{
    /// <summary>Has the errors of this request answered as those of an API.</summary>
    public static void Use(HttpContext context, ApiFamily family) => context.Features.Set(new Shape(family));

    /// <summary>The same for a request that is refused before its handler runs: its path tells the API.</summary>
    public static void UseThatOf(HttpContext context)
    {
        var path = context.Request.Path;
        if (path.StartsWithSegments("/v1/messages"))
            Use(context, ApiFamily.Anthropic);
        else if (path.StartsWithSegments("/v1"))
            Use(context, ApiFamily.OpenAI);
        else if (path.StartsWithSegments("/api") && !path.StartsWithSegments("/api/v1"))
            Use(context, ApiFamily.Ollama);
    }

    /// <summary>As whose API the errors of this request are answered; null: as those of this program's own.</summary>
    internal static ApiFamily? FamilyOf(HttpContext context) => context.Features.Get<Shape>()?.Family;

    /// <summary>Any error.</summary>
    public static IResult Of(HttpContext context, int status, string message) => FamilyOf(context) switch
    {
        ApiFamily.Ollama => JsonResult.Of(OllamaError(message), ApiJson.Relaxed.OllamaErrorResource, status),
        ApiFamily.OpenAI => JsonResult.Of(OpenAIError(status, message), ApiJson.Relaxed.OpenAIErrorResource, status),
        ApiFamily.Anthropic => JsonResult.Of(AnthropicError(status, message), ApiJson.Relaxed.AnthropicErrorResource, status),
        _ => Problems.Of(status, message),
    };

    /// <summary>The body of an error on a route of another's API, on one line.</summary>
    internal static byte[] Json(HttpContext context, int status, string message) => FamilyOf(context) switch
    {
        ApiFamily.OpenAI => JsonSerializer.SerializeToUtf8Bytes(OpenAIError(status, message), ApiJson.Relaxed.OpenAIErrorResource),
        ApiFamily.Anthropic => JsonSerializer.SerializeToUtf8Bytes(AnthropicError(status, message), ApiJson.Relaxed.AnthropicErrorResource),
        _ => JsonSerializer.SerializeToUtf8Bytes(OllamaError(message), ApiJson.Relaxed.OllamaErrorResource),
    };

    private static OllamaErrorResource OllamaError(string message) => new(message);

    private static OpenAIErrorResource OpenAIError(int status, string message) => new(new(message, OpenAIType(status)));

    private static AnthropicErrorResource AnthropicError(int status, string message) => new(new(AnthropicType(status), message));

    /// <summary>As Ollama names them on OpenAI's routes.</summary>
    private static string OpenAIType(int status) => status switch
    {
        400 => "invalid_request_error",
        401 => "authentication_error",
        404 => "not_found_error",
        429 => "rate_limit_error",
        _ => "api_error",
    };

    /// <summary>https://docs.anthropic.com/en/api/errors</summary>
    private static string AnthropicType(int status) => status switch
    {
        400 => "invalid_request_error",
        401 => "authentication_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        503 => "overloaded_error",
        _ => "api_error",
    };

    private sealed record Shape(ApiFamily Family);
}

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

/// <summary>An error as Ollama tells it.</summary>
/// <param name="Error">What is wrong.</param>
public sealed record OllamaErrorResource(string Error);

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

/// <summary>
/// An error amid the events of <c>/v1/responses</c>: https://platform.openai.com/docs/api-reference/responses-streaming/error
/// </summary>
/// <param name="Message">In words.</param>
/// <param name="SequenceNumber">How many events came before.</param>
/// <param name="Param">Which field is wrong: none is.</param>
public sealed record ResponsesErrorEvent(
    string Message,
    int SequenceNumber,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Param = null)
{
    /// <summary>Always the same.</summary>
    public string Type { get; } = "error";

    /// <summary>Of which kind it is: always the same.</summary>
    public string Code { get; } = "server_error";
}
