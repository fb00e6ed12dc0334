using Microsoft.AspNetCore.Http;
using OllamaProxy.Ollama;
using OllamaProxy.Prompts;

namespace OllamaProxy.Api;

/// <summary>An answer of Ollama's that goes to the client as it comes.</summary>
internal sealed class PassedAnswer(HttpResponseMessage answer) : IResult
{
    private const int MaxPiece = 64 * 1024;

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        using (answer)
        {
            CallResponseAnswer.WriteHead(httpContext.Response, (int)answer.StatusCode, HeaderRules.ForClient(answer));
            httpContext.Response.ContentLength = answer.Content.Headers.ContentLength;
            if (HttpMethods.IsHead(httpContext.Request.Method))
                return;
            var body = await answer.Content.ReadAsStreamAsync(httpContext.RequestAborted);
            var output = httpContext.Response.BodyWriter;
            while (await body.ReadAsync(output.GetMemory(MaxPiece), httpContext.RequestAborted) is > 0 and var length)
            {
                output.Advance(length);
                await output.FlushToReaderAsync(httpContext.RequestAborted);
            }
        }
    }
}
