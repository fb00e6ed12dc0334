using System.Text.RegularExpressions;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Pages;

/// <summary>
/// The page tests run on one host. What they find holds for the other, which serves the same bytes with the same headers.
/// </summary>
public sealed partial class PagesOfBothHostsTests
{
    [Theory]
    [InlineData("/")]
    [InlineData("/list")]
    [InlineData("/batches")]
    [InlineData("/dashboard")]
    [InlineData("/docs")]
    [InlineData("/prompts/019b76da-a800-7000-8000-000000000001")]
    public async Task Both_hosts_serve_the_same_page_with_the_same_headers(string path)
    {
        await using var server = await RunningProxy.StartAsync(ProxyHosts.Server);
        await using var functions = await RunningProxy.StartAsync(ProxyHosts.Functions);

        var (headers, page) = await GetAsync(server, path);

        Assert.Contains(headers, header => header.StartsWith("Content-Security-Policy: ", StringComparison.Ordinal));
        Assert.EndsWith("</html>", page.TrimEnd(), StringComparison.Ordinal);
        var (sameHeaders, samePage) = await GetAsync(functions, path);
        Assert.Equal(headers, sameHeaders);
        Assert.Equal(page, samePage);
    }

    /// <summary>A page and its headers, with one nonce in place of each answer's own, and without the time.</summary>
    private static async Task<(List<string> Headers, string Page)> GetAsync(RunningProxy proxy, string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { { "Accept", "text/html" } } };
        using var response = await proxy.Client.SendAsync(request);
        response.EnsureSuccessStatusCode();
        var headers = from header in response.Headers.Concat(response.Content.Headers)
                      where header.Key != "Date"
                      orderby header.Key
                      select WithoutNonce($"{header.Key}: {string.Join(", ", header.Value)}");
        return ([.. headers], WithoutNonce(await response.Content.ReadAsStringAsync()));
    }

    private static string WithoutNonce(string text) => Nonce().Replace(text, "$1nonce");

    [GeneratedRegex("""(\bnonce-|\bnonce=")[0-9a-f]{32}""")]
    private static partial Regex Nonce();
}
