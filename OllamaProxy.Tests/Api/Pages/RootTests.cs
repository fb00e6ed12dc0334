using System.Net;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Api.Pages;

/// <summary>What is at <c>/</c>: the page for browsers, and for clients what Ollama says there.</summary>
public abstract class RootTests(ProxyFixture fixture)
{
    private RunningProxy Proxy => fixture.Proxy;

    [Theory]
    [InlineData(null)]
    [InlineData("*/*")]
    [InlineData("application/json")]
    [InlineData("application/json, text/plain, */*")]
    [InlineData("text/*")]
    [InlineData("text/plain")]
    [InlineData("text/html;q=0, */*")]
    [InlineData("application/xhtml+xml")]
    [InlineData("image/avif,image/webp,*/*;q=0.8")]
    [InlineData("nonsense")]
    public async Task Whoever_asks_the_root_for_no_HTML_is_told_that_Ollama_runs(string? accept)
    {
        Assert.Equal("Ollama is running", await RootAsync(HttpMethod.Get, accept, "text/plain; charset=utf-8"));
        Assert.Equal("", await RootAsync(HttpMethod.Head, accept, "text/plain; charset=utf-8"));
    }

    [Theory]
    [InlineData("text/html")]
    [InlineData("TEXT/HTML")]
    [InlineData("text/html, application/json")]
    [InlineData("application/json, text/html;q=0.1")]
    [InlineData("text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8")]
    [InlineData("text/html;charset=utf-8")]
    public async Task Browsers_which_ask_for_HTML_get_the_page(string accept)
    {
        Assert.Contains("<html", await RootAsync(HttpMethod.Get, accept, "text/html; charset=utf-8"), StringComparison.Ordinal);
        Assert.Equal("", await RootAsync(HttpMethod.Head, accept, "text/html; charset=utf-8"));
    }

    private async Task<string> RootAsync(HttpMethod method, string? accept, string type)
    {
        using var request = new HttpRequestMessage(method, "/");
        if (accept is not null)
            request.Headers.TryAddWithoutValidation("Accept", accept);
        using var response = await Proxy.Client.SendAsync(request);
        Assert.Equal((HttpStatusCode.OK, type), (response.StatusCode, response.Content.Headers.ContentType!.ToString()));
        Assert.Contains("Accept", response.Headers.Vary);
        return await response.Content.ReadAsStringAsync();
    }

    public sealed class OnServer(ServerFixture fixture) : RootTests(fixture), IClassFixture<ServerFixture>;

    public sealed class OnFunctions(FunctionsFixture fixture) : RootTests(fixture), IClassFixture<FunctionsFixture>;
}
