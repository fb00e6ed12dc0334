using System.Text.Json;
using System.Text.Json.Serialization;

namespace OllamaProxy.Protocol.Dialects;

/// <summary>OpenAI's API, as Ollama speaks it.</summary>
internal class OpenAIDialect : Dialect
{
    /// <inheritdoc/>
    public override byte[] WriteError(int status, string message) =>
        JsonSerializer.SerializeToUtf8Bytes(new OpenAIErrorResource(new(message, TypeOf(status))), DialectJson.Relaxed.OpenAIErrorResource);

    /// <summary>Reads the first of several choices: Ollama generates only one.</summary>
    private protected override OutputChunk Read(JsonElement answer)
    {
        var choice = answer.Items("choices").FirstOrDefault();
        var message = choice.Find("delta") ?? choice.Find("message") ?? choice;
        return new()
        {
            Response = message.Text("content") ?? message.Text("text"),
            Thinking = message.Text("reasoning") ?? message.Text("reasoning_content"),
            DoneReason = choice.Text("finish_reason"),
            PromptEvalCount = answer.Find("usage")?.Whole("prompt_tokens"),
            EvalCount = answer.Find("usage")?.Whole("completion_tokens"),
        };
    }

    /// <summary>The kind of error, as Ollama names it on OpenAI's routes.</summary>
    private static string TypeOf(int status) => status switch
    {
        400 => "invalid_request_error",
        401 => "authentication_error",
        404 => "not_found_error",
        429 => "rate_limit_error",
        _ => "api_error",
    };
}

/// <summary>An error in OpenAI's format.</summary>
/// <param name="Error">The error.</param>
internal sealed record OpenAIErrorResource(OpenAIErrorDetail Error);

/// <summary>What is wrong.</summary>
/// <param name="Message">In words.</param>
/// <param name="Type">The kind of error.</param>
/// <param name="Param">The field that is wrong: always null.</param>
/// <param name="Code">A code: always null.</param>
internal sealed record OpenAIErrorDetail(
    string Message,
    string Type,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Param = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Code = null);
