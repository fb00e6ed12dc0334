using System.IO.Pipelines;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OllamaProxy.Api.Http;
using OllamaProxy.Prompts;

namespace OllamaProxy.Api.Prompts;

/// <summary>
/// What became of a prompt that has ended, as clients see it. The answer of a completed prompt is its <c>result</c>, what had
/// come of another its <c>partial</c>. Durations are Ollama's, in nanoseconds. The texts go from the store to the client in
/// pieces, at the client's pace, so that no length of theirs is a matter of memory.
/// </summary>
/// <param name="prompt">The prompt.</param>
/// <param name="result">What was generated; null: nothing.</param>
internal sealed class PromptOutputResult(Prompt prompt, StoredResult? result) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.ContentType = JsonResult.MediaType;
        if (HttpMethods.IsHead(httpContext.Request.Method))
            return Task.CompletedTask;
        return WriteAsync(httpContext.Response.BodyWriter, httpContext.RequestAborted);
    }

    /// <summary>Writes it on one line.</summary>
    public async Task WriteAsync(PipeWriter output, CancellationToken cancellationToken)
    {
        // Not disposed of: after an exception that would still write what it holds, in front of the problem.
        var json = new Utf8JsonWriter(output, JsonResult.Writing);
        var completed = prompt.Status == PromptStatus.Completed;

        json.WriteStartObject();
        json.WriteString("id", prompt.Id);
        json.WriteString("status", prompt.Status.Name());
        if (!completed)
            json.WriteString("error", prompt.Error ?? $"The prompt was {prompt.Status.Name()}.");
        await WriteTextAsync(output, json, completed ? "result" : "partial", result?.Text, cancellationToken);
        await WriteTextAsync(output, json, "thinking", result?.Thinking, cancellationToken);
        Write(json, "model", prompt.Model);
        Write(json, result?.Statistics ?? GenerationStatistics.None);
        Write(json, "truncated_to", prompt.TruncatedTo);
        json.WriteString("created_at", prompt.CreatedAt);
        Write(json, "started_at", prompt.StartedAt);
        Write(json, "completed_at", prompt.CompletedAt);
        json.WriteEndObject();
        await json.FlushAsync(cancellationToken);
    }

    private static async Task WriteTextAsync(PipeWriter output, Utf8JsonWriter json, string name, StoredText? text,
        CancellationToken cancellationToken)
    {
        if (text is null)
            return;
        json.WritePropertyName(name);
        await output.WriteJsonAsync(json, text, cancellationToken);
    }

    private static void Write(Utf8JsonWriter json, GenerationStatistics statistics)
    {
        Write(json, "done_reason", statistics.DoneReason);
        Write(json, "total_duration", statistics.TotalDuration);
        Write(json, "load_duration", statistics.LoadDuration);
        Write(json, "prompt_eval_count", statistics.PromptEvalCount);
        Write(json, "prompt_eval_duration", statistics.PromptEvalDuration);
        Write(json, "eval_count", statistics.EvalCount);
        Write(json, "eval_duration", statistics.EvalDuration);
    }

    private static void Write(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null)
            json.WriteString(name, value);
    }

    private static void Write(Utf8JsonWriter json, string name, long? value)
    {
        if (value is not null)
            json.WriteNumber(name, value.Value);
    }

    private static void Write(Utf8JsonWriter json, string name, DateTimeOffset? value)
    {
        if (value is not null)
            json.WriteString(name, value.Value);
    }
}
