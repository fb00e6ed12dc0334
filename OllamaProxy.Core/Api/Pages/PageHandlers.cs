using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;
using OllamaProxy.Api.Calls;

namespace OllamaProxy.Api.Pages;

/// <summary>
/// The pages. They are embedded in the program, so that they do not depend on the folder that it is started in, and are assembled
/// once, by the constructor.
/// </summary>
public sealed class PageHandlers
{
    private readonly Page _home = Page.Load("index.html");
    private readonly Page _list = Page.Load("list.html");
    private readonly Page _batches = Page.Load("batches.html");

    /// <summary>
    /// The page on which prompts are submitted, for browsers, which name <c>text/html</c> in <c>Accept</c>. All others get what Ollama
    /// answers at its root, by which clients see that it runs.
    /// </summary>
    public Task<IResult> HomeAsync(HttpContext context)
    {
        context.Response.Headers.Append(HeaderNames.Vary, HeaderNames.Accept);
        return Task.FromResult(AsksForHtml(context.Request) ? _home : OllamaHandlers.Root());
    }

    /// <summary>The page that lists prompts.</summary>
    public Task<IResult> ListAsync(HttpContext context) => Task.FromResult<IResult>(_list);

    /// <summary>The page that lists batches.</summary>
    public Task<IResult> BatchesAsync(HttpContext context) => Task.FromResult<IResult>(_batches);

    private static bool AsksForHtml(HttpRequest request) => request.GetTypedHeaders().Accept.Any(type =>
        type.MediaType.Equals("text/html", StringComparison.OrdinalIgnoreCase) && type.Quality is null or > 0);
}
