using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;
using OllamaProxy.Api.Calls;
using OllamaProxy.Api.Http;

namespace OllamaProxy.Api.Pages;

/// <summary>
/// The pages. They are embedded in the program, so that they do not depend on the folder that it is started in, and are assembled
/// once, by the constructor.
/// </summary>
public sealed class PageHandlers
{
    private readonly Page _home = Page.Load("index.html");
    private readonly Page _list = Page.Load("list.html");
    private readonly Page _prompt = Page.Load("prompt.html");
    private readonly Page _batches = Page.Load("batches.html");
    private readonly Page _dashboard = Page.Load("dashboard.html");
    private readonly Page _api = Page.Load("docs.html");
    private readonly StaticFile _openApi = StaticFile.Load("openapi.json", JsonResult.MediaType);

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

    /// <summary>The page of one prompt, whether or not there is one with the id in the path: the page asks for it.</summary>
    public Task<IResult> PromptAsync(HttpContext context) => Task.FromResult<IResult>(_prompt);

    /// <summary>The page that lists batches.</summary>
    public Task<IResult> BatchesAsync(HttpContext context) => Task.FromResult<IResult>(_batches);

    /// <summary>The page for operators.</summary>
    public Task<IResult> DashboardAsync(HttpContext context) => Task.FromResult<IResult>(_dashboard);

    /// <summary>The page that shows this API.</summary>
    public Task<IResult> ApiAsync(HttpContext context) => Task.FromResult<IResult>(_api);

    /// <summary>This API as an OpenAPI document: 200, or 304 to a client that has it.</summary>
    public Task<IResult> OpenApiAsync(HttpContext context) => Task.FromResult(_openApi.Answer());

    private static bool AsksForHtml(HttpRequest request) => request.GetTypedHeaders().Accept.Any(type =>
        type.MediaType.Equals("text/html", StringComparison.OrdinalIgnoreCase) && type.Quality is null or > 0);
}
