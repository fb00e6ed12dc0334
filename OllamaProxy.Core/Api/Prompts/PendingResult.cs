using System.IO.Pipelines;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OllamaProxy.Api.Http;
using OllamaProxy.Live;
using OllamaProxy.Prompts;

namespace OllamaProxy.Api.Prompts;

/// <summary>
/// 202, the answer to a client that asks for the result of a prompt that has not ended: <c>id</c>, <c>status</c>, and what has been
/// generated
/// by now as <c>partial</c> and <c>thinking</c>, in pieces and at the client's pace, where there is any.
/// </summary>
internal sealed class PendingResult(Prompt prompt, PromptTexts texts) : IResult
{
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.StatusCode = StatusCodes.Status202Accepted;
        httpContext.Response.ContentType = JsonResult.MediaType;
        if (HttpMethods.IsHead(httpContext.Request.Method))
            return;
        var (output, cancellationToken) = (httpContext.Response.BodyWriter, httpContext.RequestAborted);
        // Not disposed of: after an exception that would still write what it holds.
        var json = new Utf8JsonWriter(output, JsonResult.Writing);
        json.WriteStartObject();
        json.WriteString("id", prompt.Id);
        json.WriteString("status", prompt.Status.Name());
        await WriteAsync(output, json, "partial", chunk => chunk.Text, cancellationToken);
        await WriteAsync(output, json, "thinking", chunk => chunk.Thinking, cancellationToken);
        json.WriteEndObject();
        await json.FlushAsync(cancellationToken);
    }

    private async Task WriteAsync(PipeWriter output, Utf8JsonWriter json, string name, Func<TextChunk, string> part,
        CancellationToken cancellationToken)
    {
        var isBegun = false;
        await foreach (var chunk in texts.ReadAsync(prompt, default, cancellationToken))
        {
            var text = part(chunk);
            if (text.Length == 0)
                continue;
            if (!isBegun)
                json.WritePropertyName(name);
            isBegun = true;
            json.WriteStringValueSegment(text, isFinalSegment: false);
            await json.FlushAsync(cancellationToken);
            await output.FlushToReaderAsync(cancellationToken);
        }
        if (isBegun)
            json.WriteStringValueSegment("", isFinalSegment: true);
    }
}
