using System.Text.Json;

namespace OllamaProxy.Protocol.Dialects;

/// <summary>Ollama's own API.</summary>
internal sealed class OllamaDialect : Dialect
{
    /// <inheritdoc/>
    public override bool StreamsByDefault => true;

    /// <inheritdoc/>
    public override string StreamMediaType => "application/x-ndjson";

    /// <inheritdoc/>
    public override bool DecodesZstd => false;

    /// <inheritdoc/>
    public override bool EndsErrorsWithLineFeed => false;

    /// <inheritdoc/>
    public override bool HasKeepAlive => true;

    /// <inheritdoc/>
    public override bool HasOptions => true;

    /// <inheritdoc/>
    public override byte[] WriteError(int status, string message) =>
        JsonSerializer.SerializeToUtf8Bytes(new OllamaErrorResource(message), DialectJson.Relaxed.OllamaErrorResource);

    /// <summary>Of <c>/api/generate</c>, and of <c>/api/chat</c>, which has the text in a message.</summary>
    private protected override OutputChunk Read(JsonElement answer)
    {
        var message = answer.Find("message") ?? answer;
        return new()
        {
            Response = message.Text("response") ?? message.Text("content"),
            Thinking = message.Text("thinking"),
            Done = answer.Find("done") is { ValueKind: JsonValueKind.True },
            DoneReason = answer.Text("done_reason"),
            TotalDuration = answer.Whole("total_duration"),
            LoadDuration = answer.Whole("load_duration"),
            PromptEvalCount = answer.Whole("prompt_eval_count"),
            PromptEvalDuration = answer.Whole("prompt_eval_duration"),
            EvalCount = answer.Whole("eval_count"),
            EvalDuration = answer.Whole("eval_duration"),
        };
    }
}

/// <summary>An error in Ollama's format.</summary>
/// <param name="Error">What is wrong.</param>
internal sealed record OllamaErrorResource(string Error);
