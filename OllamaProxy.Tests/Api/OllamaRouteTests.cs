using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Api;

/// <summary>All routes of Ollama's router, and what the documentation says becomes of each here.</summary>
public abstract partial class OllamaRouteTests(ProxyFixture fixture)
{
    /// <summary>The routes that Ollama 0.33.0 maps, in its order, and those for pictures, which other versions have.</summary>
    private static readonly string[] Pinned =
    [
        "HEAD /", "GET /", "HEAD /api/version", "GET /api/version", "GET /api/status",
        "POST /api/pull", "POST /api/push", "HEAD /api/tags", "GET /api/tags", "POST /api/show", "DELETE /api/delete",
        "POST /api/me", "POST /api/signout", "DELETE /api/user/keys/:encodedKey",
        "POST /api/create", "POST /api/blobs/:digest", "HEAD /api/blobs/:digest", "POST /api/copy",
        "POST /api/experimental/web_search", "POST /api/experimental/web_fetch", "GET /api/experimental/model-recommendations",
        "GET /api/ps", "POST /api/generate", "POST /api/chat", "POST /api/embed", "POST /api/embeddings",
        "POST /v1/chat/completions", "POST /v1/completions", "POST /v1/embeddings", "GET /v1/models", "GET /v1/models/:model",
        "POST /v1/responses", "POST /v1/audio/transcriptions", "POST /v1/messages",
        "POST /v1/images/generations", "POST /v1/images/edits",
    ];

    public static TheoryData<string> Routes => new(Pinned);

    [Fact]
    public void Every_route_of_Ollama_is_in_the_documentation_and_no_other() =>
        Assert.Equal(Pinned.Order(StringComparer.Ordinal), Decisions().Keys.Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Routes))]
    public async Task A_route_of_Ollama_is_answered_as_the_documentation_says(string route)
    {
        var (method, path) = (new HttpMethod(route.Split(' ')[0]), PathOf(route));
        using var request = new HttpRequestMessage(method, path);
        if (method == HttpMethod.Post || method == HttpMethod.Delete)
            request.Content = JsonContent.Create(new
            {
                model = "tiny",
                prompt = "hi",
                input = "hi",
                max_tokens = 5,
                stream = false,
                messages = new[] { new { role = "user", content = "hi" } },
            });
        using var response = await fixture.Proxy.Client.SendAsync(request);
        var body = await response.Content.ReadAsStringAsync();

        var decision = Decisions()[route];
        Assert.Equal(decision == "queued", response.Headers.Contains("X-Prompt-Id"));
        switch (decision)
        {
            case "queued" or "at once":
                Assert.True(response.StatusCode == HttpStatusCode.OK, $"{response.StatusCode}: {body}");
                break;
            case "if allowed":
                Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
                Assert.True(method == HttpMethod.Head || body.Contains("OLLAMA_PROXY_ALLOW_MODEL_MANAGEMENT", StringComparison.Ordinal));
                break;
            case "refused":
                Assert.Contains($" {(int)response.StatusCode}:", RowOf(route), StringComparison.Ordinal);
                Assert.StartsWith($"{path} ", MessageOf(path, body), StringComparison.Ordinal);
                break;
            default:
                Assert.Fail($"{route} is '{decision}', which is no decision.");
                break;
        }
    }

    [Theory]
    [InlineData("GET", "/v1/moderations", 404)]
    [InlineData("GET", "/v1/chat/completions", 405)]
    [InlineData("POST", "/api/nothing", 404)]
    [InlineData("GET", "/api/chat", 405)]
    [InlineData("PUT", "/api/me", 403)]
    [InlineData("GET", "/v1/messages", 405)]
    public async Task What_an_API_does_not_have_is_refused_in_its_own_form(string method, string path, int status)
    {
        using var response = await fixture.Proxy.Client.SendAsync(new(new(method), path));
        Assert.Equal(status, (int)response.StatusCode);
        Assert.NotEmpty(MessageOf(path, await response.Content.ReadAsStringAsync()));
    }

    /// <summary>The message of an error in the form of the API that the path is of.</summary>
    private static string MessageOf(string path, string body)
    {
        using var document = JsonDocument.Parse(body);
        var root = document.RootElement;
        Assert.False(root.TryGetProperty("detail", out _));
        if (path.StartsWith("/v1/messages", StringComparison.Ordinal))
            Assert.Equal("error", root.GetProperty("type").GetString());
        var error = root.GetProperty("error");
        return (path.StartsWith("/v1", StringComparison.Ordinal) ? error.GetProperty("message") : error).GetString()!;
    }

    private static string PathOf(string route) => route.Split(' ')[1]
        .Replace(":model", "tiny", StringComparison.Ordinal)
        .Replace(":digest", $"sha256:{new string('0', 64)}", StringComparison.Ordinal)
        .Replace(":encodedKey", "a2V5", StringComparison.Ordinal);

    private static string RowOf(string route) => Rows().Single(row => row.Contains($"`{route}`", StringComparison.Ordinal));

    private static Dictionary<string, string> Decisions() => Rows()
        .SelectMany(row => Route().Matches(row.Split('|')[1]).Select(match => (match.Groups[1].Value, row.Split('|')[2].Trim())))
        .ToDictionary();

    private static IEnumerable<string> Rows() => File.ReadLines(Repository.File("docs/clients.md"))
        .SkipWhile(line => line != "## All routes of Ollama").Skip(1)
        .TakeWhile(line => !line.StartsWith("## ", StringComparison.Ordinal))
        .Where(line => line.StartsWith("| `", StringComparison.Ordinal));

    [GeneratedRegex("`([A-Z]+ /[^`]*)`")]
    private static partial Regex Route();

    public sealed class OnServer(ServerFixture fixture) : OllamaRouteTests(fixture), IClassFixture<ServerFixture>;

    public sealed class OnFunctions(FunctionsFixture fixture) : OllamaRouteTests(fixture), IClassFixture<FunctionsFixture>;
}
