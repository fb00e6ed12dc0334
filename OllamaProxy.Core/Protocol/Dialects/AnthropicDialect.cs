using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace OllamaProxy.Protocol.Dialects;

/// <summary>Anthropic's API, as Ollama speaks it.</summary>
internal sealed class AnthropicDialect : Dialect
{
    /// <inheritdoc/>
    public override byte[] WriteError(int status, string message) => JsonSerializer.SerializeToUtf8Bytes(
        new AnthropicErrorResource(new(TypeOf(status), message)), DialectJson.Relaxed.AnthropicErrorResource);

    /// <inheritdoc/>
    public override byte[] WriteErrorEvent(int status, string message, int eventsBefore) =>
        [.. "event: error\n"u8, .. base.WriteErrorEvent(status, message, eventsBefore)];

    private protected override OutputChunk Read(JsonElement answer) => answer.Text("type") switch
    {
        "content_block_delta" => new() { Response = answer.Find("delta")?.Text("text"), Thinking = answer.Find("delta")?.Text("thinking") },
        "message_start" => ReadUsage(answer.Find("message") ?? answer) with { EvalCount = null },
        "message_delta" => ReadUsage(answer) with { DoneReason = answer.Find("delta")?.Text("stop_reason") },
        "message_stop" => new() { Done = true },
        "message" => ReadUsage(answer) with
        {
            Response = string.Concat(answer.Items("content").Select(part => part.Text("text"))),
            Thinking = string.Concat(answer.Items("content").Select(part => part.Text("thinking"))),
            DoneReason = answer.Text("stop_reason"),
        },
        _ => new(),
    };

    private static OutputChunk ReadUsage(JsonElement answer) => new()
    {
        PromptEvalCount = answer.Find("usage")?.Whole("input_tokens"),
        EvalCount = answer.Find("usage")?.Whole("output_tokens"),
    };

    /// <summary>The kind of error: https://docs.anthropic.com/en/api/errors</summary>
    private static string TypeOf(int status) => status switch
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
}

/// <summary>An error in Anthropic's format.</summary>
/// <param name="Error">The error.</param>
internal sealed record AnthropicErrorResource(AnthropicErrorDetail Error)
{
    /// <summary>Always <c>error</c>. It comes first, as in Ollama's answers.</summary>
    [JsonPropertyOrder(-1)]
    public string Type { get; } = "error";

    /// <summary>A new id for each error, as Anthropic and Ollama have it. It is not used otherwise.</summary>
    public string RequestId { get; } = $"req_{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(12))}";
}

/// <summary>What is wrong.</summary>
/// <param name="Type">The kind of error.</param>
/// <param name="Message">In words.</param>
internal sealed record AnthropicErrorDetail(string Type, string Message);
