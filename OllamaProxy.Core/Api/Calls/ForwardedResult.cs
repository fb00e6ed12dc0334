using System.Buffers;
using Microsoft.AspNetCore.Http;
using OllamaProxy.Api.Errors;
using OllamaProxy.Prompts;
using OllamaProxy.Protocol;

namespace OllamaProxy.Api.Calls;

/// <summary>An answer of Ollama's that goes to the client as it comes.</summary>
/// <param name="answer">The answer.</param>
/// <param name="cut">Ends it early: an answer in lines with an error, any other by breaking the connection.</param>
internal sealed class ForwardedResult(HttpResponseMessage answer, CancellationToken cut) : IResult
{
    private const int MaxPiece = 64 * 1024;
    private const string Lines = "application/x-ndjson";

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(httpContext.RequestAborted, cut);
        using (answer)
        {
            CallResponseResult.WriteHead(httpContext.Response, (int)answer.StatusCode, HeaderFilter.ForClient(answer));
            httpContext.Response.ContentLength = answer.Content.Headers.ContentLength;
            ProxyBuffering.DisableForStream(httpContext.Response);
            if (HttpMethods.IsHead(httpContext.Request.Method))
                return;
            var isAmidLine = false;
            try
            {
                var body = await answer.Content.ReadAsStreamAsync(linked.Token);
                var output = httpContext.Response.BodyWriter;
                while (await body.ReadAsync(output.GetMemory(MaxPiece), linked.Token) is > 0 and var length)
                {
                    isAmidLine = output.GetSpan(length)[length - 1] != (byte)'\n';
                    output.Advance(length);
                    await output.FlushToReaderAsync(linked.Token);
                }
            }
            catch (OperationCanceledException) when (cut.IsCancellationRequested && !httpContext.RequestAborted.IsCancellationRequested)
            {
                await CutAsync(httpContext, isAmidLine);
            }
        }
    }

    private async Task CutAsync(HttpContext context, bool isAmidLine)
    {
        if (answer.Content.Headers.ContentType?.MediaType != Lines || answer.Content.Headers.ContentLength is not null)
        {
            context.Abort();
            return;
        }
        if (isAmidLine)
            context.Response.BodyWriter.Write("\n"u8);
        await LateError.WriteAsync(context, StatusCodes.Status503ServiceUnavailable, CallResponder.ShuttingDown);
    }
}
