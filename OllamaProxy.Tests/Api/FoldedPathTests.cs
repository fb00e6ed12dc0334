using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using OllamaProxy.Tests.Api.Calls;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Api;

/// <summary>Several slashes in a row count as one: clients whose base address ends in a slash send such paths.</summary>
public abstract class FoldedPathTests(ProxyFixture fixture)
{
    private HttpClient Client => fixture.Proxy.Client;

    [Theory]
    [InlineData("//api//tags", "/api/tags")]
    [InlineData("//api/version", "/api/version")]
    [InlineData("/v1//models", "/v1/models")]
    [InlineData("/v1/models//tiny", "/v1/models/tiny")]
    [InlineData("//v1///models////tiny", "/v1/models/tiny")]
    [InlineData("//list", "/list")]
    [InlineData("/list//", "/list/")]
    [InlineData("//healthz", "/healthz")]
    [InlineData("/api/v1//prompts?page=1", "/api/v1/prompts?page=1")]
    [InlineData("/api//v1/prompt//0197a000-0000-7000-8000-000000000000", "/api/v1/prompt/0197a000-0000-7000-8000-000000000000")]
    [InlineData("//", "/")]
    [InlineData("//nothing", "/nothing")]
    [InlineData("/api//chat", "/api/chat")]
    [InlineData("//api//v1//prompt", "/api/v1/prompt")]
    public async Task Such_a_path_is_answered_as_the_folded_one(string path, string folded)
    {
        // A relative address that begins with two slashes would name another host.
        var address = new Uri(Client.BaseAddress!.GetLeftPart(UriPartial.Authority) + path);
        using var expected = await Client.GetAsync(folded);
        using var response = await Client.GetAsync(address);
        Assert.Equal(expected.StatusCode, response.StatusCode);
        Assert.Equal(expected.Content.Headers.ContentType, response.Content.Headers.ContentType);
        Assert.Equal(await ReadAsync(expected), await ReadAsync(response));
        Assert.Equal(expected.Content.Headers.Allow, response.Content.Headers.Allow);
    }

    [Theory]
    [InlineData("//api//generate", """{"model":"tiny","prompt":"hi","stream":false}""", "/api/generate")]
    [InlineData("//api/chat", """{"model":"tiny","messages":[{"role":"user","content":"hi"}]}""", "/api/chat")]
    [InlineData("/v1//chat/completions", """{"model":"tiny","messages":[{"role":"user","content":"hi"}]}""", "/v1/chat/completions")]
    [InlineData("//v1//embeddings", """{"model":"tiny","input":"hi"}""", "/v1/embeddings")]
    [InlineData("/v1///messages", """{"model":"tiny","max_tokens":9,"messages":[{"role":"user","content":"hi"}]}""", "/v1/messages")]
    public async Task A_call_of_such_a_path_is_run(string path, string body, string folded)
    {
        var address = new Uri(Client.BaseAddress!.GetLeftPart(UriPartial.Authority) + path);
        using var response = await Client.PostAsync(address, new StringContent(body));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(folded, CallTests.Text(await fixture.Proxy.StatusAsync(CallTests.IdOf(response)), "endpoint"));
    }

    [Fact]
    public async Task So_is_a_submission_and_what_is_passed_on()
    {
        var root = Client.BaseAddress!.GetLeftPart(UriPartial.Authority);
        using var submitted = await Client.PostAsync(new Uri(root + "//api/v1//prompt"), new StringContent("""{"prompt":"hi"}"""));
        Assert.Equal(HttpStatusCode.Accepted, submitted.StatusCode);
        // Other tests compare two lists of all prompts: nothing may change between them.
        var id = JsonDocument.Parse(await submitted.Content.ReadAsStringAsync()).RootElement.GetProperty("id").GetString()!;
        await fixture.Proxy.ResultAsync(id);
        using var shown = await Client.PostAsync(new Uri(root + "/api//show"), new StringContent("""{"model":"tiny"}"""));
        Assert.Equal(HttpStatusCode.OK, shown.StatusCode);
        Assert.True(JsonDocument.Parse(await shown.Content.ReadAsStringAsync()).RootElement.TryGetProperty("details", out _));
    }

    /// <summary>Without the nonces of a page, which are never the same.</summary>
    private static async Task<string> ReadAsync(HttpResponseMessage response) =>
        Regex.Replace(await response.Content.ReadAsStringAsync(), "nonce=\"[^\"]*\"", "");

    public sealed class OnServer(ServerFixture fixture) : FoldedPathTests(fixture), IClassFixture<ServerFixture>;

    public sealed class OnFunctions(FunctionsFixture fixture) : FoldedPathTests(fixture), IClassFixture<FunctionsFixture>;
}
