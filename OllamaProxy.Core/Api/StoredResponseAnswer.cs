using Microsoft.AspNetCore.Http;
using OllamaProxy.Prompts;

namespace OllamaProxy.Api;

/// <summary>Ollama's response to a call, as it is stored, which goes to the client in pieces and at the client's pace.</summary>
internal sealed class StoredResponseAnswer(StoredResponse response) : IResult
{
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        CallResponseAnswer.WriteHead(httpContext.Response, response.Status, response.Headers);
        httpContext.Response.ContentLength = response.Body.Length;
        if (HttpMethods.IsHead(httpContext.Request.Method))
            return;
        var output = httpContext.Response.BodyWriter;
        await foreach (var piece in response.Body.Pieces(httpContext.RequestAborted))
        {
            piece.Span.CopyTo(output.GetSpan(piece.Length));
            output.Advance(piece.Length);
            await output.FlushToReaderAsync(httpContext.RequestAborted);
        }
    }
}
