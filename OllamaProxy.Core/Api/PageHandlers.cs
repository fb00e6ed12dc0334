using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace OllamaProxy.Api;

/// <summary>The two pages. They are part of the program, so that they are there from whatever folder it is started in.</summary>
public static class PageHandlers
{
    private static readonly Page Home = Page.Load("index.html");
    private static readonly Page List = Page.Load("list.html");

    /// <summary>
    /// The page on which prompts are submitted. Clients of Ollama's are told that it runs, as by Ollama: they ask with HEAD, or for JSON
    /// and no HTML.
    /// </summary>
    public static Task<IResult> HomeAsync(HttpContext context)
    {
        context.Response.Headers.Append(HeaderNames.Vary, HeaderNames.Accept);
        return Task.FromResult(IsForOllama(context.Request) ? OllamaHandlers.Root() : Home);
    }

    /// <summary>The page that lists prompts.</summary>
    public static Task<IResult> ListAsync(HttpContext context) => Task.FromResult<IResult>(List);

    private static bool IsForOllama(HttpRequest request)
    {
        var accept = request.Headers.Accept.ToString();
        return HttpMethods.IsHead(request.Method)
            || (accept.Contains("json", StringComparison.OrdinalIgnoreCase) && !accept.Contains("html", StringComparison.OrdinalIgnoreCase));
    }
}
