using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;
using OllamaProxy.Api.Calls;

namespace OllamaProxy.Api.Pages;

/// <summary>The two pages. They are part of the program, so that they are there from whatever folder it is started in.</summary>
public static class PageHandlers
{
    private static readonly Page Home = Page.Load("index.html");
    private static readonly Page List = Page.Load("list.html");

    /// <summary>
    /// The page on which prompts are submitted, for browsers, which name <c>text/html</c> in <c>Accept</c>. All others get what Ollama
    /// answers at its root, by which clients see that it runs.
    /// </summary>
    public static Task<IResult> HomeAsync(HttpContext context)
    {
        context.Response.Headers.Append(HeaderNames.Vary, HeaderNames.Accept);
        return Task.FromResult(AsksForHtml(context.Request) ? Home : OllamaHandlers.Root());
    }

    /// <summary>The page that lists prompts.</summary>
    public static Task<IResult> ListAsync(HttpContext context) => Task.FromResult<IResult>(List);

    private static bool AsksForHtml(HttpRequest request) => request.GetTypedHeaders().Accept.Any(type =>
        type.MediaType.Equals("text/html", StringComparison.OrdinalIgnoreCase) && type.Quality is null or > 0);
}
