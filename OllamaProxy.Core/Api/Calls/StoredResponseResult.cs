using Microsoft.AspNetCore.Http;
using OllamaProxy.Api.Errors;
using OllamaProxy.Ollama;
using OllamaProxy.Prompts;

namespace OllamaProxy.Api.Calls;

/// <summary>Ollama's response to a call, as it is stored, which goes to the client in pieces and at the client's pace.</summary>
internal sealed class StoredResponseResult(StoredResponse response) : IResult
{
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        if (response.Body.Length == 0 || HttpMethods.IsHead(httpContext.Request.Method))
            WriteHead();
        else
            await httpContext.Response.BodyWriter.WriteAsync(response.Body.Pieces, httpContext.RequestAborted, WriteHead);

        void WriteHead()
        {
            // Older versions stored whatever status there was. One that no answer can have is a bad gateway's.
            var status = CallResponseResult.CanBeSent(response.Status, response.Body.Length == 0)
                ? response.Status : StatusCodes.Status502BadGateway;
            CallResponseResult.WriteHead(httpContext.Response, status, response.Headers);
            // To a call, Ollama streams without a length: so it is also where the answer was stored before the client could read it live.
            var isStreamedCall = ApiError.DialectOf(httpContext) is not null && ProxyBuffering.IsOfStreamedType(httpContext.Response);
            if (OddHead.CanHaveBody(httpContext.Response.StatusCode) && !isStreamedCall)
                httpContext.Response.ContentLength = response.Body.Length;
            ProxyBuffering.DisableForStream(httpContext.Response);
        }
    }
}
