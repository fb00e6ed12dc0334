using System.Reflection;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace OllamaProxy.Api;

/// <summary>The two pages. They are part of the program, so that they are there from whatever folder it is started in.</summary>
public static class PageHandlers
{
    private static readonly byte[] Home = Load("index.html");
    private static readonly byte[] List = Load("list.html");

    /// <summary>The page on which prompts are submitted.</summary>
    public static Task<IResult> HomeAsync(HttpContext context) => Task.FromResult<IResult>(Page(Home));

    /// <summary>The page that lists prompts.</summary>
    public static Task<IResult> ListAsync(HttpContext context) => Task.FromResult<IResult>(Page(List));

    private static FileContentHttpResult Page(byte[] html) => TypedResults.Bytes(html, "text/html; charset=utf-8");

    private static byte[] Load(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
