using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OllamaProxy.Api.Http;
using OllamaProxy.Prompts;

namespace OllamaProxy.Api.Prompts;

/// <summary>
/// A whole prompt. Its text, where it is long, comes last, from the store to the client in pieces and at the client's pace.
/// </summary>
/// <param name="prompt">The prompt, without a long text.</param>
/// <param name="longText">The long text; null: it has none.</param>
internal sealed class PromptDetailResult(StatusResource prompt, LongText? longText) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext)
    {
        if (longText is null)
            return JsonResult.Of(prompt, ApiJson.Relaxed.StatusResource).ExecuteAsync(httpContext);
        httpContext.Response.ContentType = JsonResult.MediaType;
        return HttpMethods.IsHead(httpContext.Request.Method)
            ? Task.CompletedTask
            : WriteAsync(httpContext.Response.BodyWriter, longText, httpContext.RequestAborted);
    }

    private async Task WriteAsync(PipeWriter output, LongText text, CancellationToken cancellationToken)
    {
        var head = JsonSerializer.SerializeToUtf8Bytes(prompt, ApiJson.Relaxed.StatusResource).AsMemory();
        // Not disposed of: after an exception that would still write what it holds.
        var json = new Utf8JsonWriter(output, JsonResult.Writing);
        await output.WriteJsonAsync(json, text.Pieces, cancellationToken, () =>
        {
            // All but the brace that ends the object: one more field follows.
            output.Write(head.Span[..^1]);
            output.Write(",\"prompt\":"u8);
        });
        await output.WriteAsync("}"u8.ToArray(), cancellationToken);
    }
}
