using Microsoft.AspNetCore.Http;
using OllamaProxy.Prompts;

namespace OllamaProxy.Api;

/// <summary>Ollama's response to a call, as it is stored, which goes to the client in pieces and at the client's pace.</summary>
internal sealed class StoredResponseAnswer(StoredResponse response) : IResult
{
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        if (response.Body.Length == 0 || HttpMethods.IsHead(httpContext.Request.Method))
            WriteHead();
        else
            await httpContext.Response.BodyWriter.WriteAsync(response.Body.Pieces, httpContext.RequestAborted, WriteHead);

        void WriteHead()
        {
            CallResponseAnswer.WriteHead(httpContext.Response, response.Status, response.Headers);
            httpContext.Response.ContentLength = response.Body.Length;
            ProxyBuffering.DisableForStream(httpContext.Response);
        }
    }
}
