using System.Text.Json;
using System.Text.Json.Serialization;

namespace OllamaProxy.Protocol.Dialects;

/// <summary>OpenAI's responses, which have OpenAI's errors, but events of their own.</summary>
internal sealed class ResponsesDialect : OpenAIDialect
{
    /// <summary>False: a response has a status instead.</summary>
    internal override bool TellsDoneReason => false;

    /// <inheritdoc/>
    public override byte[] WriteErrorEvent(int status, string message, int eventsBefore)
    {
        var error = JsonSerializer.SerializeToUtf8Bytes(new ResponsesErrorEvent(message, eventsBefore),
            DialectJson.Relaxed.ResponsesErrorEvent);
        return [.. "event: error\ndata: "u8, .. error, .. "\n\n"u8];
    }

    /// <summary>Tells an event from a whole response by its <c>type</c>, which only events have.</summary>
    private protected override OutputChunk Read(JsonElement answer) => answer.Text("type") switch
    {
        "response.output_text.delta" => new() { Response = answer.Text("delta") },
        "response.reasoning_text.delta" or "response.reasoning_summary_text.delta" => new() { Thinking = answer.Text("delta") },
        "response.failed" => new() { Done = true, Error = answer.Find("response")?.Find("error")?.GetRawText() ?? "The response failed." },
        "error" => new() { Done = true, Error = answer.Text("message") ?? answer.GetRawText() },
        "response.completed" or "response.incomplete" => ReadUsage(answer.Find("response") ?? answer) with { Done = true },
        null => ReadUsage(answer) with { Response = ReadOutput(answer) },
        _ => new(),
    };

    private static string ReadOutput(JsonElement answer) =>
        string.Concat(answer.Items("output").SelectMany(item => item.Items("content")).Select(part => part.Text("text")));

    private static OutputChunk ReadUsage(JsonElement answer) => new()
    {
        PromptEvalCount = answer.Find("usage")?.Whole("input_tokens"),
        EvalCount = answer.Find("usage")?.Whole("output_tokens"),
    };
}

/// <summary>
/// An event of <c>/v1/responses</c> that reports an error: https://platform.openai.com/docs/api-reference/responses-streaming/error
/// </summary>
/// <param name="Message">In words.</param>
/// <param name="SequenceNumber">How many events came before.</param>
/// <param name="Param">The field that is wrong: always null.</param>
internal sealed record ResponsesErrorEvent(
    string Message,
    int SequenceNumber,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Param = null)
{
    /// <summary>Always the same.</summary>
    public string Type { get; } = "error";

    /// <summary>The kind of error: always the same.</summary>
    public string Code { get; } = "server_error";
}
