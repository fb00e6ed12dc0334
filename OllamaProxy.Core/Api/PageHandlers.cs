using Microsoft.AspNetCore.Http;

namespace OllamaProxy.Api;

/// <summary>The two pages. They are part of the program, so that they are there from whatever folder it is started in.</summary>
public static class PageHandlers
{
    private static readonly Page Home = Page.Load("index.html");
    private static readonly Page List = Page.Load("list.html");

    /// <summary>The page on which prompts are submitted.</summary>
    public static Task<IResult> HomeAsync(HttpContext context) => Task.FromResult<IResult>(Home);

    /// <summary>The page that lists prompts.</summary>
    public static Task<IResult> ListAsync(HttpContext context) => Task.FromResult<IResult>(List);
}
