using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;
using OllamaProxy.Files;
using OllamaProxy.Prompts;

namespace OllamaProxy.Api.Files;

/// <summary>What is in a file, which goes to the client in pieces and at the client's pace.</summary>
internal sealed class FileContentResult(StoredFile file, LongText content) : IResult
{
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        if (content.Length == 0 || HttpMethods.IsHead(httpContext.Request.Method))
            WriteHead();
        else
            await response.BodyWriter.WriteAsync(content.Pieces, httpContext.RequestAborted, WriteHead);

        void WriteHead()
        {
            var disposition = new ContentDispositionHeaderValue("attachment");
            disposition.SetHttpFileName(file.Name);
            response.Headers.ContentDisposition = disposition.ToString();
            response.ContentType = "application/octet-stream";
            response.ContentLength = content.Length;
        }
    }
}
